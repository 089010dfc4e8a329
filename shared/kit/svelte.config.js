import { vitePreprocess } from "@sveltejs/vite-plugin-svelte";
import { drawnIcons } from "./icons.js";

export default { preprocess: [vitePreprocess(), drawnIcons()] };
