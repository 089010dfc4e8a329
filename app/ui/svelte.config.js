import { vitePreprocess } from "@sveltejs/vite-plugin-svelte";
import { drawnIcons } from "@releve/kit/icons";

export default { preprocess: [vitePreprocess(), drawnIcons()] };
