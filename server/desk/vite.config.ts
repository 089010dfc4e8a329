import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

const server = process.env.RELEVE_SERVER ?? "http://127.0.0.1:8787";

export default defineConfig({
  plugins: [svelte()],
  // Nothing becomes a data: address, which the server's content policy refuses.
  build: { outDir: "dist", emptyOutDir: true, assetsInlineLimit: 0, target: "es2022" },
  server: { proxy: { "/api": { target: server, changeOrigin: false } } },
  resolve: process.env.VITEST ? { conditions: ["browser"] } : {},
  // A busy machine is no failure.
  test: { environment: "happy-dom", include: ["src/**/*.test.ts"], testTimeout: 60_000 },
});
