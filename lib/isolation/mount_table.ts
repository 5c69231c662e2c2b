/**
 * The places where one folder can be found because its file system is mounted more than once, as
 * Linux lists them. Pure.
 *
 * @module
 */

interface Mount {
  /** Of the file system. */
  readonly device: string;
  /** What of it is mounted. */
  readonly root: string;
  readonly place: string;
}

/**
 * Reads `/proc/self/mountinfo` (proc_pid_mountinfo(5)).
 *
 * @param path Absolute, without symbolic links.
 * @returns where else `path` may be; not each of them need exist, as mounts cover one another.
 */
export function findAliases(mountInfo: string, path: string): readonly string[] {
  const mounts = parseMounts(mountInfo);
  // The later of two mounts at one place covers the earlier.
  const own = mounts.filter(({ place }) => isBelow(path, place))
    .reduce<Mount | undefined>(
      (best, mount) => best !== undefined && best.place.length > mount.place.length ? best : mount,
      undefined,
    );
  if (own === undefined) return [];
  const inside = join(own.root, below(path, own.place));
  const aliases = mounts
    .filter(({ device, root }) => device === own.device && isBelow(inside, root))
    .map(({ root, place }) => join(place, below(inside, root)));
  return [...new Set(aliases)].filter((alias) => alias !== path);
}

function parseMounts(text: string): Mount[] {
  const lines = text.matchAll(/^\d+ \d+ (\d+:\d+) (\/\S*) (\/\S*) \S+ .*- \S+ /gm);
  return [...lines].map(([, device = "", root = "", place = ""]) => ({
    device,
    root: unescape(root),
    place: unescape(place),
  }));
}

/** White space and `\` are written as octal numbers. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8)));
}

function isBelow(path: string, folder: string): boolean {
  return folder === "/" || path === folder || path.startsWith(`${folder}/`);
}

/** What follows `folder` in `path`: empty, or with a slash before it. */
function below(path: string, folder: string): string {
  return folder === "/" ? path : path.slice(folder.length);
}

function join(folder: string, rest: string): string {
  return folder === "/" ? rest || "/" : folder + rest;
}
