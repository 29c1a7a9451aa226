/** In the order in which the bootstrap looks for a module; it holds the same list. */
export const moduleExtensions: readonly string[] = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts']

/** First version of Node that runs TypeScript without a build. */
const typescriptSince = 24

/**
 * What is wrong with a handler such as `src/index.handler`, as a sentence, or `undefined`. Which names the module
 * exports is known only when it is loaded, so that is not checked here.
 */
export function checkHandler(major: number, handler: string, files: ReadonlySet<string>): string | undefined {
  const dot = handler.lastIndexOf('.')
  const moduleName = handler.slice(0, Math.max(dot, 0)).replace(/^\.\//, '')
  if (moduleName === '' || dot === handler.length - 1) {
    return `handler ${handler} must name a module and an export, such as index.handler`
  }
  const extension = moduleExtensions.find(candidate => files.has(moduleName + candidate))
  if (extension === undefined) {
    const wanted = moduleExtensions.map(candidate => moduleName + candidate).join(', ')
    return `handler ${handler}: the code has none of ${wanted}`
  }
  if (extension.endsWith('ts') && major < typescriptSince) {
    return `handler ${handler}: ${moduleName}${extension} needs nodejs${typescriptSince} or later`
  }
  return undefined
}
