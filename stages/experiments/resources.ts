/**
 * Lists the memory, cores and time that stages need for runs by Slurm, where they need more than a
 * core, 2 GiB and half an hour. No byte of a result depends on it, so changing it reruns nothing.
 */
export const resources = {
  // A software adapter keeps every core busy; with a GPU, ask for one in cluster.json.
  "train-on-device": { cores: 2, memory: 4096, minutes: 120 },
  "evaluate-on-device": { cores: 2, memory: 4096 },
  // Images as float32, 188 MB a set, and as the lists that the kernel reads.
  "train-by-hand": { memory: 3072, minutes: 60 },
  "summation-orders": { memory: 3072, minutes: 60 },
};
