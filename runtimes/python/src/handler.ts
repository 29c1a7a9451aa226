/**
 * What is wrong with a handler such as `index.handler` or `src/index.handler`, as a sentence, or `undefined`
 * (function-compute section 4.5). Which names the module has is known only when it is loaded, so that is not checked
 * here.
 */
export function checkHandler(handler: string, files: ReadonlySet<string>): string | undefined {
  const dot = handler.lastIndexOf('.')
  const moduleName = handler.slice(0, Math.max(dot, 0)).replace(/^\.\//, '')
  if (moduleName === '' || dot === handler.length - 1) {
    return `handler ${handler} must name a module and a function, such as index.handler`
  }
  const base = moduleName.replaceAll('.', '/')
  if (hasModule(base, files)) return undefined
  return `handler ${handler}: the code has neither ${base}.py nor ${base}/__init__.py`
}

/** As source, as a package, compiled without its source, or as an extension in C. */
function hasModule(base: string, files: ReadonlySet<string>): boolean {
  const endings = ['.py', '/__init__.py', '.pyc', '/__init__.pyc', '.so', '.abi3.so']
  if (endings.some(ending => files.has(base + ending))) return true
  return [...files].some(file => file.startsWith(`${base}.cpython-`) && file.endsWith('.so'))
}
