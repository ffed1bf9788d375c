/**
 * Finds an exported run among the files that a person packed anew, or unpacked: below a folder around it,
 * beside files that operating systems add.
 */

/** Names that macOS, Windows and Linux desktops give to files and folders of their own. */
const own = /^(__MACOSX|\.DS_Store|\._.*|\.AppleDouble|Thumbs\.db|desktop\.ini|\.directory)$/i;

/** True for a path that an operating system added, or that lies in a folder that it added. */
export const isLitter = (path: string): boolean => path.split("/").some((part) => own.test(part));

const manifest = "manifest.json";

/**
 * True for a path in a folder of a project whose manifests are none of its own runs: the reference run is its
 * teacher's.
 */
export const isOfOthers = (path: string): boolean => /(^|\/)(reference|node_modules)\//.test(path);

/**
 * The folders that hold a run, each with its last "/", or "" for the top: those with a manifest, of which
 * only the outermost count.
 */
export function foldersOfRuns(files: readonly string[]): string[] {
  const folders = files.filter((file) => file === manifest || file.endsWith(`/${manifest}`))
    .map((file) => file.slice(0, -manifest.length))
    .filter((folder) => !isOfOthers(folder));
  const depth = (folder: string) => folder.split("/").length;
  const least = Math.min(...folders.map(depth));
  return folders.filter((folder) => depth(folder) === least);
}
