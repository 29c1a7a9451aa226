import { folders } from './check.ts'

/**
 * What is seen of several packages that are unpacked into one folder: of equal paths the earlier package's, and nothing
 * of a later one below what is a file in an earlier one, or the other way round (function-compute section 9.1).
 * One list for each package, in its order.
 */
export function mergePackages<File extends { readonly path: string }>(
  packages: readonly (readonly File[])[],
): File[][] {
  const taken = new Map<string, 'file' | 'folder'>()
  return packages.map(files => {
    const seen: File[] = []
    for (const file of files) {
      const above = folders(file.path)
      if (taken.has(file.path) || above.some(folder => taken.get(folder) === 'file')) continue
      seen.push(file)
      taken.set(file.path, 'file')
      for (const folder of above) taken.set(folder, 'folder')
    }
    return seen
  })
}
