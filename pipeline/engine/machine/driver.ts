/**
 * Describes the graphics drivers that decide which WebGPU adapter this machine has. The text is cheap to
 * read, unlike asking for the adapter, and changes whenever the adapter might. Imports nothing, because every
 * run reads it.
 */

/** Variables that choose a graphics driver. */
export const driverVariables = [
  "DENO_WEBGPU_BACKEND",
  "VK_ICD_FILENAMES",
  "VK_DRIVER_FILES",
  "VK_ADD_DRIVER_FILES",
  "LIBGL_ALWAYS_SOFTWARE",
  "GALLIUM_DRIVER",
  "MESA_LOADER_DRIVER_OVERRIDE",
] as const;

/** Directories where drivers register. */
const driverDirectories = [
  "/usr/local/share/vulkan/icd.d",
  "/usr/share/vulkan/icd.d",
  "/etc/vulkan/icd.d",
];

/** Directories of the libraries that driver files name without a directory, on Debian and others. */
const libraryDirectories = [`/usr/lib/${Deno.build.arch}-linux-gnu`, "/usr/lib64", "/usr/lib"];

/** A driver as Vulkan's loader finds it. */
interface Driver {
  /** The JSON file that names its library. */
  file: string;
  /** Paths at one of which the library is. */
  libraries: string[];
}

/** The drivers that the loader considers, which the variables choose; none but on Linux. */
function drivers(): Driver[] {
  if (Deno.build.os !== "linux") return [];
  const paths = (name: string) => Deno.env.get(name)?.split(":").filter((path) => path !== "");
  const only = paths("VK_DRIVER_FILES") ?? paths("VK_ICD_FILENAMES");
  const places = only ?? [...paths("VK_ADD_DRIVER_FILES") ?? [], ...driverDirectories];
  return places.flatMap(filesAt).map((file) => ({ file, libraries: librariesOf(file) }));
}

/** The path of a file, or of each file in a directory. */
function filesAt(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].map(({ name }) => `${path}/${name}`).sort();
  } catch {
    // A file, or nothing, which is as good an answer as any.
    return [path];
  }
}

function librariesOf(file: string): string[] {
  try {
    const library = String(JSON.parse(Deno.readTextFileSync(file)).ICD.library_path);
    if (library.startsWith("/")) return [library];
    return library.includes("/")
      ? [`${file.slice(0, file.lastIndexOf("/") + 1)}${library}`]
      : libraryDirectories.map((directory) => `${directory}/${library}`);
  } catch {
    // A driver file that is not JSON is known by its stat alone.
    return [];
  }
}

/**
 * The versions of the installed graphics drivers, as their libraries state them: Mesa's in their
 * text, others' in the name of the file that they link to. Where a system has no such files, its own
 * version, which its driver comes with.
 */
export function driverVersion(): string {
  const versions = new Set<string>();
  for (const library of drivers().flatMap(({ libraries }) => libraries)) {
    try {
      const path = Deno.realPathSync(library);
      const text = new TextDecoder("latin1").decode(Deno.readFileSync(path));
      const version = /Mesa \d+\.\d+[.\w-]*/.exec(text)?.[0] ??
        /[^/]+\.so\.\d+\..*$/.exec(path)?.[0];
      if (version !== undefined) versions.add(version);
    } catch { /* Named for another architecture, or in another directory. */ }
  }
  if (versions.size === 0) return `${Deno.build.os} ${Deno.osRelease()}`;
  return [...versions].sort().join(", ");
}

/** Deno's version, the kernel, the variables, and the stat of each driver file and its library. */
export function driverFingerprint(): string {
  const lines = [`deno ${Deno.version.deno}`, `kernel ${Deno.osRelease()}`];
  for (const name of driverVariables) {
    const value = Deno.env.get(name);
    if (value !== undefined) lines.push(`variable ${name} ${value}`);
  }
  for (const path of drivers().flatMap(({ file, libraries }) => [file, ...libraries])) {
    try {
      const { size, mtime, ino } = Deno.statSync(path);
      lines.push(`file ${path} ${size} ${mtime?.getTime()} ${ino}`);
    } catch { /* Absent is as good an answer as any. */ }
  }
  return lines.join("\n");
}
