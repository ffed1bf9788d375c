/** Names the bundles of workers that stages start: the sandbox knows by it that everything is fixed in them. */
export const workerEnd = ".worker.js";
