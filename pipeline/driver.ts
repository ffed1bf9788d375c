/**
 * What decides which WebGPU adapter this machine gives, as text: cheap to read, unlike asking for the
 * adapter itself, and different whenever another one might be given.
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

/**
 * Whether this task may see what decides on the adapter; its list has all of the variables or none. One
 * that may not, as where nothing computes on a GPU, has no adapter, and nobody is asked for permission.
 */
export const seesDriver = (): boolean =>
  Deno.permissions.querySync({ name: "env", variable: driverVariables[0] }).state === "granted";

const driverDirectories = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"];

/** Where Debian and others keep the libraries that the driver files name without a directory. */
const libraryDirectories = [`/usr/lib/${Deno.build.arch}-linux-gnu`, "/usr/lib64", "/usr/lib"];

/** Driver file → its library, as its file names it. */
function driverLibraries(): string[] {
  const named = (Deno.env.get("VK_DRIVER_FILES") ?? Deno.env.get("VK_ICD_FILENAMES"))?.split(":");
  const files = named ?? driverDirectories.flatMap((directory) => {
    try {
      return [...Deno.readDirSync(directory)].map(({ name }) => `${directory}/${name}`).sort();
    } catch {
      return [];
    }
  });
  return files.flatMap((file) => {
    try {
      const library = String(JSON.parse(Deno.readTextFileSync(file)).ICD.library_path);
      return library.includes("/") ? [library] : libraryDirectories.map((at) => `${at}/${library}`);
    } catch {
      return [];
    }
  });
}

/**
 * The versions of the installed graphics drivers, as their libraries state them: Mesa's in their
 * text, others' in the name of the file that they link to. Where a system has no such files, its own
 * version, which its driver comes with.
 */
export function driverVersion(): string {
  const versions = new Set<string>();
  for (const library of driverLibraries()) {
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
  if (!seesDriver()) return lines.join("\n");
  for (const name of driverVariables) {
    const value = Deno.env.get(name);
    if (value !== undefined) lines.push(`variable ${name} ${value}`);
  }
  const stat = (path: string) => {
    try {
      const { size, mtime, ino } = Deno.statSync(path);
      lines.push(`file ${path} ${size} ${mtime?.getTime()} ${ino}`);
    } catch { /* Absent is as good an answer as any. */ }
  };
  if (Deno.build.os !== "linux") return lines.join("\n");
  for (const directory of driverDirectories) {
    let names: string[];
    try {
      names = [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
    } catch {
      continue;
    }
    for (const name of names) {
      stat(`${directory}/${name}`);
      try {
        const library = String(
          JSON.parse(Deno.readTextFileSync(`${directory}/${name}`)).ICD.library_path,
        );
        if (library.includes("/")) stat(library);
        else for (const place of libraryDirectories) stat(`${place}/${library}`);
      } catch { /* A driver file that is not JSON is told apart by its stat alone. */ }
    }
  }
  return lines.join("\n");
}
