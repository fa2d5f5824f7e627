/**
 * Node.js's `http`, without what an import of it loads. In the bundles, esbuild puts this file in the place
 * of `node:http` (lib/functions/bundled-function.ts, ADR 33).
 *
 * The Tracer imports `node:http`, and in a bundle that happens at every start. Such an import reads all
 * exports of the module, some of which load the whole of `fetch`: a quarter of the worker's start-up. What
 * `getBuiltinModule` returns loads them when they are used.
 */
const http = process.getBuiltinModule('node:http');

export default http;
export const { Agent, request, STATUS_CODES } = http;
