import { SaxesParser } from 'saxes'

/** An element without its attributes and namespaces, which the protocol does not mean anything by. */
export interface Element {
  readonly name: string
  readonly children: Element[]
  /** Text directly inside, as it stands. */
  text: string
}

/** Elements of one answer at most: a page of a thousand objects has about ten for each. */
const elementsMax = 50_000

/** Reads a document; `undefined` for what is none, has a document type, or too many elements. */
export function readXml(text: string): Element | undefined {
  const parser = new SaxesParser({ fragment: false })
  const open: Element[] = []
  let root: Element | undefined
  let count = 0
  let isBad = false
  const spoil = (): void => void (isBad = true)
  const add = (text: string): void => {
    const last = open.at(-1)
    if (last !== undefined) last.text += text
  }
  parser.on('error', spoil)
  parser.on('doctype', spoil)
  parser.on('text', add)
  parser.on('cdata', add)
  parser.on('closetag', () => open.pop())
  parser.on('opentag', ({ name }) => {
    const element: Element = { name, children: [], text: '' }
    if (++count > elementsMax) spoil()
    else open.at(-1)?.children.push(element)
    root ??= element
    open.push(element)
  })
  parser.write(text).close()
  return isBad ? undefined : root
}

/** Text of the first child of a name; empty when there is none. */
export function childText(element: Element | undefined, name: string): string {
  return element?.children.find(child => child.name === name)?.text ?? ''
}
