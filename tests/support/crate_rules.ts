/**
 * Lists the requirements of RO-Crate 1.1 and its profiles on `ro-crate-metadata.json`: Process Run Crate
 * 0.5, Workflow RO-Crate 1.0, Workflow Run Crate 0.5 and Provenance Run Crate 0.5. `rules` has every MUST,
 * and of SHOULD what a run knows; `ofCredits` what it knows once somebody is named; `unknown` the rest.
 */

type Entity = Record<string, unknown> & { "@id": string };

interface Rule {
  /** Profile that states the rule. */
  profile: string;
  name: string;
  /** The entities that break it. */
  broken(crate: CrateIndex): string[];
}

export class CrateIndex {
  readonly entities: Entity[];
  readonly byId: Map<string, Entity>;

  constructor(crate: unknown) {
    this.entities = (crate as { "@graph": Entity[] })["@graph"];
    this.byId = new Map(this.entities.map((entity) => [entity["@id"], entity]));
  }

  ofType = (...types: string[]): Entity[] =>
    this.entities.filter((entity) => types.some((type) => typesOf(entity).includes(type)));

  /** The entities that a property refers to; undefined stands for one that is not in the crate. */
  at = (entity: Entity | undefined, property: string): (Entity | undefined)[] =>
    list(entity?.[property]).map((value) =>
      this.byId.get((value as { "@id"?: string } | undefined)?.["@id"] ?? "")
    );

  get root(): Entity | undefined {
    return this.at(this.byId.get("ro-crate-metadata.json"), "about")[0];
  }

  get workflow(): Entity | undefined {
    return this.at(this.root, "mainEntity")[0];
  }

  get tools(): Entity[] {
    return this.at(this.workflow, "hasPart").filter((tool) => tool !== undefined);
  }

  get toolRuns(): Entity[] {
    const tools = new Set(this.tools);
    return this.ofType("CreateAction").filter((action) =>
      this.at(action, "instrument").some((tool) => tool !== undefined && tools.has(tool))
    );
  }
}

const list = (value: unknown): unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];
const typesOf = (entity: Entity | undefined): string[] => list(entity?.["@type"]) as string[];
const isOf = (entity: Entity | undefined, types: string[]): boolean =>
  types.some((type) => typesOf(entity).includes(type));
const idOf = (entity: Entity | undefined): string => entity?.["@id"] ?? "nothing";
const idsAt = (entity: Entity | undefined, property: string): string[] =>
  list(entity?.[property]).map((value) => (value as { "@id": string })["@id"]);
const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?\+\d\d:\d\d$/;

/** Each of the entities has the property, and it refers to one or more entities of these types. */
const refers = (
  profile: string,
  name: string,
  entities: (crate: CrateIndex) => (Entity | undefined)[],
  property: string,
  types: string[],
): Rule => ({
  profile,
  name,
  broken: (crate) =>
    entities(crate).filter((entity) => {
      const found = crate.at(entity, property);
      return found.length === 0 || !found.every((target) => isOf(target, types));
    }).map(idOf),
});

/** Each of the entities has the property, of this form. */
const states = (
  profile: string,
  name: string,
  entities: (crate: CrateIndex) => (Entity | undefined)[],
  property: string,
  form: RegExp = /./,
): Rule => ({
  profile,
  name,
  broken: (crate) =>
    entities(crate).filter((entity) => {
      const value = entity?.[property];
      return typeof value !== "string" || !form.test(value);
    }).map(idOf),
});

const every = (...types: string[]) => (crate: CrateIndex) => crate.ofType(...types);
const theRoot = ({ root }: CrateIndex) => [root];
const theWorkflow = ({ workflow }: CrateIndex) => [workflow];

const conforms = (profile: string, permalink: string): Rule => ({
  profile,
  name: `the root conforms to ${permalink}, which is a CreativeWork`,
  broken: ({ root, byId }) =>
    idsAt(root, "conformsTo").includes(permalink) && isOf(byId.get(permalink), ["CreativeWork"])
      ? []
      : [permalink],
});

const crate11 = "RO-Crate 1.1";
const process = "Process Run Crate 0.5";
const workflowCrate = "Workflow RO-Crate 1.0";
const workflowRun = "Workflow Run Crate 0.5";
const provenance = "Provenance Run Crate 0.5";
const software = ["SoftwareApplication", "SoftwareSourceCode", "ComputationalWorkflow"];
const data = ["File", "Dataset", "Collection", "CreativeWork", "PropertyValue"];

/** SHOULD of the profiles that a run cannot know; docs/sharing.md names each. */
export const unknown = ["publisher", "affiliation", "sdPublisher", "url", "funder"];

export const rules: Rule[] = [
  {
    profile: crate11,
    name: "the descriptor is a CreativeWork about the root and conforms to RO-Crate 1.1",
    broken: ({ byId, root }) => {
      const descriptor = byId.get("ro-crate-metadata.json");
      return isOf(descriptor, ["CreativeWork"]) && root !== undefined &&
          idsAt(descriptor, "conformsTo").includes("https://w3id.org/ro/crate/1.1")
        ? []
        : ["ro-crate-metadata.json"];
    },
  },
  {
    profile: crate11,
    name: "the root is a Dataset whose identifier ends in /",
    broken: ({ root }) => isOf(root, ["Dataset"]) && idOf(root).endsWith("/") ? [] : [idOf(root)],
  },
  states(crate11, "the root has a name", theRoot, "name"),
  states(crate11, "the root has a description", theRoot, "description"),
  states(crate11, "the root says when it was published", theRoot, "datePublished", iso),
  refers(crate11, "the root's licence is described", theRoot, "license", [
    "CreativeWork",
  ]),
  {
    profile: crate11,
    name: "identifiers are unique",
    broken: ({ entities }) => {
      const seen = new Set<string>();
      return entities.map(idOf).filter((id) => seen.has(id) || !seen.add(id));
    },
  },
  {
    profile: crate11,
    name: "every file is part of the root, and the root's parts are files",
    broken: (crate) => {
      const parts = new Set(crate.at(crate.root, "hasPart"));
      const files = crate.ofType("File");
      return [
        ...files.filter((file) => !parts.has(file)).map(idOf),
        ...[...parts].filter((part) => !isOf(part, ["File", "Dataset"])).map(idOf),
      ];
    },
  },
  {
    profile: crate11,
    name: "a file's identifier is a relative URI path, or the URI of bytes that lie elsewhere",
    broken: (crate) =>
      crate.ofType("File").map(idOf).filter((id) => {
        if (/^ni:\/\/\/sha-256;[\w-]{43}$/.test(id)) return false;
        const url = new URL(id, "file:///crate/");
        return !url.href.startsWith("file:///crate/") || url.search + url.hash !== "" ||
          url.href !== `file:///crate/${id}`;
      }),
  },
  states(crate11, "every file has a media type", every("File"), "encodingFormat", /\//),
  {
    profile: crate11,
    name: "what the graph refers to within the crate is there",
    broken: ({ entities, byId }) =>
      entities.flatMap((entity) =>
        Object.values(entity).flatMap(list).flatMap((value) => {
          const id = (value as { "@id"?: string } | null)?.["@id"];
          return id === undefined || /^https?:/.test(id) || byId.has(id) ? [] : [id];
        })
      ),
  },
  {
    profile: crate11,
    name: "a media type is plain",
    broken: (crate) =>
      crate.ofType("File").filter((file) => !/^[a-z]+\/[\w.+-]+$/.test(String(file.encodingFormat)))
        .map(idOf),
  },
  states(crate11, "every file has a name", every("File"), "name"),
  states(
    crate11,
    "every file has a size",
    // The hashes of all others come last.
    (crate) => crate.ofType("File").filter((file) => idOf(file) !== "SHA256SUMS"),
    "contentSize",
    /^\d+$/,
  ),
  states(crate11, "a license has a name", ({ root, at }) => at(root, "license"), "name"),
  states(
    crate11,
    "a license has a description",
    ({ root, at }) => at(root, "license"),
    "description",
  ),
  conforms(process, "https://w3id.org/ro/wfrun/process/0.5"),
  {
    profile: process,
    name: "an application's identifier is an absolute URI",
    broken: (crate) =>
      crate.ofType("SoftwareApplication").map(idOf).filter((id) => !URL.canParse(id)),
  },
  refers(process, "an action has an instrument", every("CreateAction"), "instrument", software),
  states(process, "an action has a name", every("CreateAction"), "name"),
  states(process, "an action has a description", every("CreateAction"), "description"),
  {
    profile: process,
    name: "an action is mentioned by the root",
    broken: (crate) => {
      const mentioned = new Set(crate.at(crate.root, "mentions"));
      return crate.ofType("CreateAction").filter((action) => !mentioned.has(action)).map(idOf);
    },
  },
  {
    profile: process,
    name: "what an action takes and gives is data in the crate",
    broken: (crate) =>
      crate.ofType("CreateAction").filter((action) =>
        [...crate.at(action, "object"), ...crate.at(action, "result")]
          .some((target) => !isOf(target, data))
      ).map(idOf),
  },
  {
    profile: process,
    name: "an action that completed gave something and says when",
    broken: (crate) =>
      crate.ofType("CreateAction").filter((action) => {
        return action.actionStatus === "http://schema.org/CompletedActionStatus" &&
          (crate.at(action, "result").length === 0 || !iso.test(String(action.startTime)) ||
            !iso.test(String(action.endTime)));
      }).map(idOf),
  },
  {
    profile: process,
    name: "a status is completed or failed, and an error stands only with failed",
    broken: (crate) =>
      crate.ofType("CreateAction", "ControlAction").filter((action) => {
        const status = action.actionStatus;
        const failed = status === "http://schema.org/FailedActionStatus";
        return !failed &&
          (status !== "http://schema.org/CompletedActionStatus" || "error" in action);
      }).map(idOf),
  },
  states(process, "an application has a name", every("SoftwareApplication"), "name"),
  states(process, "an application has a version", every("SoftwareApplication"), "softwareVersion"),
  {
    profile: workflowCrate,
    name: "the descriptor conforms to Workflow RO-Crate",
    broken: ({ byId }) =>
      idsAt(byId.get("ro-crate-metadata.json"), "conformsTo")
          .includes("https://w3id.org/workflowhub/workflow-ro-crate/1.0")
        ? []
        : ["ro-crate-metadata.json"],
  },
  conforms(workflowCrate, "https://w3id.org/workflowhub/workflow-ro-crate/1.0"),
  {
    profile: workflowCrate,
    name: "the main entity is a file, source code and a computational workflow",
    broken: ({ workflow }) =>
      ["File", "SoftwareSourceCode", "ComputationalWorkflow"]
        .filter((type) => !typesOf(workflow).includes(type)),
  },
  {
    profile: workflowCrate,
    name: "README.md is Markdown about the root",
    broken: (crate) => {
      const readme = crate.byId.get("README.md");
      return readme?.encodingFormat === "text/markdown" && crate.root !== undefined &&
          crate.at(readme, "about")[0] === crate.root
        ? []
        : ["README.md"];
    },
  },
  {
    profile: workflowCrate,
    name: "a language's identifier is an absolute URI",
    broken: (crate) => crate.ofType("ComputerLanguage").map(idOf).filter((id) => !URL.canParse(id)),
  },
  states(workflowCrate, "a language has a name", every("ComputerLanguage"), "name"),
  states(workflowCrate, "a language says its identifier", every("ComputerLanguage"), "identifier"),
  states(workflowCrate, "the workflow has a version", theWorkflow, "version"),
  states(workflowCrate, "the workflow says when it was made", theWorkflow, "dateCreated", iso),
  refers(workflowCrate, "the workflow has a license", theWorkflow, "license", [
    "CreativeWork",
  ]),
  refers(
    workflowCrate,
    "the main workflow has a language",
    theWorkflow,
    "programmingLanguage",
    ["ComputerLanguage"],
  ),
  conforms(workflowRun, "https://w3id.org/ro/wfrun/workflow/0.5"),
  {
    profile: workflowRun,
    name: "an action ran the main workflow",
    broken: (crate) =>
      crate.ofType("CreateAction").some((action) =>
          crate.at(action, "instrument").includes(crate.workflow)
        )
        ? []
        : [idOf(crate.workflow)],
  },
  {
    profile: workflowRun,
    name: "inputs and outputs of workflow and tools are formal parameters",
    broken: (crate) =>
      [crate.workflow, ...crate.tools].flatMap((entity) =>
        [...crate.at(entity, "input"), ...crate.at(entity, "output")]
          .filter((parameter) => !isOf(parameter, ["FormalParameter"])).map(idOf)
      ),
  },
  states(
    workflowRun,
    "a formal parameter has a type",
    every("FormalParameter"),
    "additionalType",
    /^(File|Text|Integer|Float|Boolean|PropertyValue)$/,
  ),
  states(workflowRun, "a formal parameter has a name", every("FormalParameter"), "name"),
  {
    profile: workflowRun,
    name: "a formal parameter is realised by data of its type",
    broken: (crate) => {
      const realised = new Map<unknown, Entity[]>();
      for (const entity of crate.ofType("File", "PropertyValue")) {
        for (const parameter of crate.at(entity, "exampleOfWork")) {
          realised.set(parameter, [...realised.get(parameter) ?? [], entity]);
        }
      }
      return crate.ofType("FormalParameter").filter((parameter) => {
        const type = parameter.additionalType === "File" ? "File" : "PropertyValue";
        const data = realised.get(parameter) ?? [];
        return data.length === 0 || !data.every((entity) => isOf(entity, [type]));
      }).map(idOf);
    },
  },
  refers(
    workflowRun,
    "a formal parameter and a workflow conform to Bioschemas",
    every("FormalParameter", "ComputationalWorkflow"),
    "conformsTo",
    ["CreativeWork"],
  ),
  conforms(provenance, "https://w3id.org/ro/wfrun/provenance/0.5"),
  {
    profile: provenance,
    name: "a step has one tool, and a tool one step",
    broken: (crate) => {
      const steps = crate.ofType("HowToStep");
      const tools = steps.flatMap((step) => idsAt(step, "workExample"));
      return [
        ...steps.filter((step) => idsAt(step, "workExample").length !== 1).map(idOf),
        ...tools.filter((tool, i) => tools.indexOf(tool) !== i),
        ...crate.tools.map(idOf).filter((tool) => !tools.includes(tool)),
      ];
    },
  },
  refers(provenance, "the workflow has its tools as parts", theWorkflow, "hasPart", software),
  {
    profile: provenance,
    name: "every tool was run",
    broken: (crate) => {
      const run = new Set(crate.toolRuns.flatMap((action) => crate.at(action, "instrument")));
      return crate.tools.filter((tool) => !run.has(tool)).map(idOf);
    },
  },
  {
    profile: provenance,
    name: "a workflow with steps is a HowTo",
    broken: (crate) =>
      crate.at(crate.workflow, "step").length > 0 && isOf(crate.workflow, ["HowTo"])
        ? []
        : [idOf(crate.workflow)],
  },
  {
    profile: provenance,
    name: "every step belongs to the workflow",
    broken: (crate) => {
      const steps = new Set(crate.at(crate.workflow, "step"));
      return crate.ofType("HowToStep").filter((step) => !steps.has(step)).map(idOf);
    },
  },
  refers(
    provenance,
    "a step has its tool as work example",
    every("HowToStep"),
    "workExample",
    software,
  ),
  states(provenance, "a step's position is a number", every("HowToStep"), "position", /^\d+$/),
  {
    profile: provenance,
    name: "a step comes after those that it needs",
    broken: (crate) => {
      const position = new Map(
        crate.ofType("HowToStep").map((step) => [step.name, Number(step.position)]),
      );
      const made = new Map<unknown, number>();
      for (const run of crate.toolRuns) {
        const at = position.get(String(run.name).replace(/^Run of /, ""))!;
        for (const result of crate.at(run, "result")) {
          made.set(result, Math.min(at, made.get(result) ?? at));
        }
      }
      return crate.toolRuns.filter((run) =>
        crate.at(run, "object").some((object) =>
          (made.get(object) ?? -1) >= position.get(String(run.name).replace(/^Run of /, ""))!
        )
      ).map(idOf);
    },
  },
  refers(
    provenance,
    "a control action has its step as instrument",
    every("ControlAction"),
    "instrument",
    ["HowToStep"],
  ),
  refers(
    provenance,
    "a control action has the tool's run as object",
    every("ControlAction"),
    "object",
    ["CreateAction"],
  ),
  {
    profile: provenance,
    name: "there is one run of the engine",
    broken: (crate) => crate.ofType("OrganizeAction").length === 1 ? [] : ["OrganizeAction"],
  },
  refers(
    provenance,
    "the engine's run has the engine as instrument",
    every("OrganizeAction"),
    "instrument",
    software,
  ),
  refers(
    provenance,
    "the engine's run has the steps' runs as object",
    every("OrganizeAction"),
    "object",
    ["ControlAction"],
  ),
  {
    profile: provenance,
    name: "the engine's run resulted in the workflow's",
    broken: (crate) =>
      crate.ofType("OrganizeAction").filter((action) =>
        !crate.at(action, "result").some((run) =>
          isOf(run, ["CreateAction"]) && crate.at(run, "instrument").includes(crate.workflow)
        )
      ).map(idOf),
  },
  refers(
    provenance,
    "a connection starts at a formal parameter",
    every("ParameterConnection"),
    "sourceParameter",
    ["FormalParameter"],
  ),
  refers(
    provenance,
    "a connection ends at a formal parameter",
    every("ParameterConnection"),
    "targetParameter",
    ["FormalParameter"],
  ),
  {
    profile: provenance,
    name: "every connection belongs to the workflow or a step",
    broken: (crate) => {
      const named = new Set(
        [crate.workflow, ...crate.ofType("HowToStep")]
          .flatMap((entity) => crate.at(entity, "connection")),
      );
      return crate.ofType("ParameterConnection").filter((one) => !named.has(one)).map(idOf);
    },
  },
];

/** SHOULD of the profiles that hold once authors with ORCID and a license are named. */
export const ofCredits: Rule[] = [
  refers(crate11, "the root has authors", theRoot, "author", ["Person"]),
  {
    profile: crate11,
    name: "a person's identifier is an ORCID",
    broken: (crate) =>
      crate.ofType("Person").map(idOf).filter((id) =>
        !/^https:\/\/orcid\.org\/(\d{4}-){3}\d{3}[\dX]$/.test(id)
      ),
  },
  states(crate11, "a person has a name", every("Person"), "name"),
  {
    profile: crate11,
    name: "the license is a URI of the SPDX list",
    broken: ({ root }) =>
      idsAt(root, "license").filter((id) => !/^https:\/\/spdx\.org\/licenses\/[\w.+-]+$/.test(id)),
  },
  refers(
    process,
    "an action has an agent",
    every("CreateAction", "OrganizeAction"),
    "agent",
    ["Person"],
  ),
  refers(workflowCrate, "the workflow has creators", theWorkflow, "creator", [
    "Person",
  ]),
];

/** Every rule that a crate breaks, with the entities that break it. */
export function brokenRules(crate: unknown, asked: readonly Rule[] = rules): string[] {
  const index = new CrateIndex(JSON.parse(JSON.stringify(crate)));
  return asked.flatMap(({ profile, name, broken }) => {
    const found = broken(index);
    return found.length === 0 ? [] : [`${profile}: ${name}: ${found.join(", ")}`];
  });
}
