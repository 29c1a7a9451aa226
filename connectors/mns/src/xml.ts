import { SaxesParser } from 'saxes'

/** An element without its attributes and namespaces, which the service does not mean anything by. */
export interface Element {
  readonly name: string
  readonly children: readonly Element[]
  /** Text directly inside, as it stands. */
  readonly text: string
}

interface OpenElement {
  readonly name: string
  readonly children: OpenElement[]
  text: string
}

/** Elements of one answer at most: sixteen messages with fifty properties each stay far below. */
const elementsMax = 20_000

/** Reads a document; `undefined` for what is none, has a document type, or too many elements. */
export function readXml(text: string): Element | undefined {
  const parser = new SaxesParser({ fragment: false })
  const open: OpenElement[] = []
  let root: OpenElement | undefined
  let count = 0
  let isBad = false
  parser.on('error', () => (isBad = true))
  parser.on('doctype', () => (isBad = true))
  parser.on('opentag', ({ name }) => {
    const element: OpenElement = { name, children: [], text: '' }
    if (++count > elementsMax) isBad = true
    else open.at(-1)?.children.push(element)
    root ??= element
    open.push(element)
  })
  const addText = (added: string): void => {
    const element = open.at(-1)
    if (element !== undefined) element.text += added
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('closetag', () => open.pop())
  parser.write(text).close()
  return isBad ? undefined : root
}

/** Text of the first child of a name. */
export function childText(element: Element, name: string): string | undefined {
  return element.children.find(child => child.name === name)?.text
}

/** A leaf, with its text escaped; nothing when there is no text. */
export function leaf(name: string, text: string | number | undefined): string {
  if (text === undefined) return ''
  const escaped = String(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;')
  return `<${name}>${escaped}</${name}>`
}

/** A whole document around elements. */
export function document(root: string, inside: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><${root} xmlns="http://mns.aliyuncs.com/doc/v1/">${inside}</${root}>`
}

// Characters that XML 1.0 has no way to write, not even escaped.
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/

/** Whether XML can carry the text. */
export function isWritable(text: string): boolean {
  return !unwritable.test(text) && text.isWellFormed()
}
