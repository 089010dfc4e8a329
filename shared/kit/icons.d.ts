import type { PreprocessorGroup } from "svelte/compiler";

export declare function drawnIcons(): PreprocessorGroup;
