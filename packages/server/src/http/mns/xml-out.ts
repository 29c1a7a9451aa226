/** An element to be written: its name, and its text or its children. Those that are `undefined` are left out. */
export interface XmlNode {
  readonly name: string
  readonly content: string | readonly (XmlNode | undefined)[]
}

export const xmlNamespace = 'http://mns.aliyuncs.com/doc/v1/'
export const xmlType = 'text/xml;charset=utf-8'

export function node(name: string, content: XmlNode['content'] | number | boolean): XmlNode {
  if (typeof content === 'boolean') return { name, content: content ? 'True' : 'False' }
  return { name, content: typeof content === 'number' ? String(content) : content }
}

/**
 * A document. The name space stands at the root alone and nothing else has attributes: clients that turn XML into
 * objects fail on them (mns-and-sls section 1.5).
 */
export function xmlDocument(root: XmlNode): string {
  return `<?xml version="1.0" encoding="utf-8"?>\n<${root.name} xmlns="${xmlNamespace}">${inside(root)}</${root.name}>`
}

function written(element: XmlNode): string {
  return `<${element.name}>${inside(element)}</${element.name}>`
}

function inside({ content }: XmlNode): string {
  if (typeof content === 'string') return escaped(content)
  return content.map(element => (element === undefined ? '' : written(element))).join('')
}

/** Characters that XML cannot hold become the replacement character. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(forbidden, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;')
}

// oxlint-disable-next-line no-control-regex -- they are what is looked for
const forbidden = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g
