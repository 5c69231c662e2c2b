/**
 * Folders that lie around protected paths: who can move one aside can make another in its place.
 *
 * @module
 */

/** All folders above `paths`, absolute ones, but for the root; outermost first. */
export function foldersAround(paths: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const path of paths) {
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
      folders.add(path.slice(0, at));
    }
  }
  return [...folders].sort((a, b) => a.length - b.length);
}
