/** `job`: runs one ticket of a submission, on a node of a cluster. */
import { Failed } from "../engine/failed.ts";
import { runTicket } from "../slurm/node.ts";
import { defineCommand } from "./flags/flags.ts";

export const command = defineCommand({
  about: "runs one submitted job; cluster nodes call it, you do not",
  operands: { least: 2, most: 2, text: "DIRECTORY TICKET" },
  flags: {},
  run(project, { operands: [directory, ticket] }) {
    if (/^\d{1,9}$/.test(ticket)) return runTicket(project, directory, Number(ticket));
    const message = `job expects the number of a ticket, found "${ticket}".`;
    throw new Failed({ reason: "usage", message });
  },
});
