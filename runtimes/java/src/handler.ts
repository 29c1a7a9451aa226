/**
 * What is wrong with a handler such as `example.App::handleRequest`, as a sentence, or `undefined`
 * (function-compute section 4.10). Classes inside jars are known only when they are loaded.
 */
export function checkHandler(handler: string, files: ReadonlySet<string>): string | undefined {
  const match = /^(?<type>[\w$]+(?:\.[\w$]+)*)(?:::(?<method>[\w$]+))?$/.exec(handler)
  if (match === null) {
    return `handler ${handler} must name a class and a method, such as example.App::handleRequest`
  }
  const path = `${match.groups?.['type']?.replaceAll('.', '/')}.class`
  if (files.has(path)) return undefined
  const hasJar = [...files].some(file => /^(?:lib\/)?[^/]+\.jar$/.test(file))
  return hasJar
    ? undefined
    : `handler ${handler}: the code has neither ${path} nor a jar, at its root or in lib`
}
