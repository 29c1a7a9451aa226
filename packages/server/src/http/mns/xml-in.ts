import { SaxesParser } from 'saxes'
import { Refusal } from './refusal.ts'

/** An element of a request, its name without a prefix. */
export interface XmlElement {
  readonly name: string
  readonly children: readonly XmlElement[]
  /** The text right inside it. */
  readonly text: string
}

/** Elements that lie in each other, and elements of one request, at most. */
const depthMax = 8
const elementsMax = 5_000

interface Open {
  name: string
  children: XmlElement[]
  text: string
}

/**
 * Reads the XML of a request. Name spaces and attributes mean nothing here. Throws `MalformedXML` for what is not well-formed,
 * for a document type (which could define entities that grow without end), and for more or deeper elements than any
 * request has; `undefined` for an empty body.
 */
export function parseXml(body: Buffer): XmlElement | undefined {
  const text = readUtf8(body)
  if (text.trim() === '') return undefined
  const parser = new SaxesParser({ xmlns: false })
  const stack: Open[] = []
  let root: XmlElement | undefined
  let count = 0
  parser.on('error', error => {
    throw malformed(error.message)
  })
  parser.on('doctype', () => {
    throw malformed('a document type is not taken')
  })
  parser.on('opentag', ({ name }) => {
    count += 1
    if (stack.length >= depthMax || count > elementsMax) throw malformed('there are too many elements')
    stack.push({ name: name.slice(name.indexOf(':') + 1), children: [], text: '' })
  })
  const addText = (part: string): void => {
    const open = stack.at(-1)
    if (open !== undefined) open.text += part
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('closetag', () => {
    const closed = stack.pop()
    if (closed === undefined) return
    const parent = stack.at(-1)
    if (parent === undefined) root = closed
    else parent.children.push(closed)
  })
  parser.write(text).close()
  if (root === undefined) throw malformed('there is no element')
  return root
}

/** The texts right below the root, by name. */
export function textsOf(root: XmlElement | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries((root?.children ?? []).map(({ name, text }) => [name, text]))
}

/** The child of a name; the last one where there are several. */
export function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.findLast(candidate => candidate.name === name)
}

/** The text of a child; `undefined` when it is not there. */
export function childText(element: XmlElement | undefined, name: string): string | undefined {
  return child(element, name)?.text
}

export function childrenOf(element: XmlElement | undefined, name: string): XmlElement[] {
  return element?.children.filter(candidate => candidate.name === name) ?? []
}

function readUtf8(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    throw malformed('it is no UTF-8')
  }
}

/** Says nothing of the content. */
function malformed(reason: string): Refusal {
  const short = reason.replace(/^\d+:\d+:\s*/, '').slice(0, 100)
  return new Refusal('MalformedXML', `The XML you provided was not well-formed: ${short}`, 400)
}
