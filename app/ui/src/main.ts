import "@releve/kit/styles.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { openBridge } from "./bridge/index.ts";

const target = document.getElementById("app");
if (target) mount(App, { target, props: { bridge: await openBridge() } });
