/** The ledger of claims. */
import { json } from "../../pipeline/format/json.ts";
import { Ledger } from "../../schemas/claims.ts";

export const ledger = json("ledger", Ledger);
