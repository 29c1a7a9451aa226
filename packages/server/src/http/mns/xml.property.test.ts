import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Refusal } from './refusal.ts'
import { parseXml, type XmlElement } from './xml-in.ts'
import { node, xmlDocument, type XmlNode } from './xml-out.ts'

/** Text that XML can hold. */
const text = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 50 })
  .filter(
    value => value.isWellFormed() && !/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/.test(value),
  )
const name = fc.constantFrom('Message', 'MessageBody', 'Code', 'Name')

const { tree } = fc.letrec<{ tree: XmlNode; leaf: XmlNode; branch: XmlNode }>(tie => ({
  leaf: fc.tuple(name, text).map(([own, value]) => node(own, value)),
  branch: fc
    .tuple(name, fc.array(tie('tree'), { minLength: 1, maxLength: 4 }))
    .map(([own, all]) => node(own, all)),
  tree: fc.oneof({ depthSize: 'small', maxDepth: 5 }, tie('leaf'), tie('branch')),
}))

function asWritten({ name: own, text: value, children }: XmlElement): XmlNode {
  return children.length === 0 ? node(own, value) : node(own, children.map(asWritten))
}

test('what is written is read back as it was, whatever the text', () => {
  fc.assert(
    fc.property(tree, root => {
      const read = parseXml(Buffer.from(xmlDocument(root)))
      expect(read && asWritten(read)).toEqual(root)
    }),
  )
})

test('any bytes are either read or refused as malformed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      try {
        parseXml(Buffer.from(bytes))
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(Refusal)
        expect((thrown as Refusal).code).toBe('MalformedXML')
      }
    }),
  )
})

test('characters that XML cannot hold are replaced, and never break a document', () => {
  const written = xmlDocument(node('Message', 'a\u0000b\uD800c'))
  expect(parseXml(Buffer.from(written))?.text).toBe('a\uFFFDb\uFFFDc')
})
