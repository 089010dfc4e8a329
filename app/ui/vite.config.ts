import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

// The phone bridge of the tests and of the demo, while a screen is being written.
const phone = process.env.RELEVE_PHONE ?? "http://127.0.0.1:8790";

export default defineConfig({
  base: "./",
  plugins: [svelte()],
  // Nothing becomes a data: address, which the window's content policy refuses.
  build: { outDir: "dist", emptyOutDir: true, assetsInlineLimit: 0, target: "es2022" },
  server: { proxy: { "/door": { target: phone } } },
  resolve: process.env.VITEST ? { conditions: ["browser"] } : {},
  // A busy machine is no failure.
  test: { environment: "happy-dom", include: ["src/**/*.test.ts"], testTimeout: 60_000 },
});
