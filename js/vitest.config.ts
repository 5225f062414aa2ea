import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "node",
    include: ["test/**/*.test.ts"],
    // The files share a thread, its modules and its document, and clean up after themselves: half the processor time.
    pool: "threads",
    isolate: false,
    restoreMocks: true,
    unstubGlobals: true,
    // For what never ends. A busy machine is no failure.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
