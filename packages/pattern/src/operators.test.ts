import { describe, expect, test } from 'vitest'
import { compile, type Dialect, matches } from './index.ts'

/** The list of the field `a`, the JSON text of its value in the event (null: no such field), and the answer. */
type Row = readonly [list: string, value: string | null, answer: boolean]

const both: readonly Row[] = [
  // exact
  ['["x"]', '"x"', true],
  ['["x"]', '"X"', false],
  ['["x","y"]', '"y"', true],
  ['["x"]', '["q","x"]', true],
  ['["x"]', null, false],
  ['[""]', '""', true],
  ['[""]', '"a"', false],
  ['["\\u0041\\n"]', '"A\\u000a"', true],
  ['["😀"]', '"\\ud83d\\ude00"', true],
  ['[1]', '1', true],
  ['[1]', '2', false],
  ['[true]', 'true', true],
  ['[true]', 'false', false],
  ['[null]', 'null', true],
  ['[null]', '"null"', false],
  ['["null"]', 'null', false],
  ['[null]', null, false],
  ['[null]', '[]', false],
  // prefix, suffix, contains
  ['[{"prefix":"ab"}]', '"abc"', true],
  ['[{"prefix":"ab"}]', '"ab"', true],
  ['[{"prefix":"ab"}]', '"a"', false],
  ['[{"prefix":"ab"}]', '"cab"', false],
  ['[{"prefix":"1"}]', '12', false],
  ['[{"prefix":"t"}]', 'true', false],
  ['[{"prefix":"n"}]', 'null', false],
  ['[{"suffix":"bc"}]', '"abc"', true],
  ['[{"suffix":"bc"}]', '"bcd"', false],
  ['[{"suffix":"é"}]', '"caf\\u00e9"', true],
  ['[{"contains":"b"}]', '"abc"', true],
  ['[{"contains":"abc"}]', '"abc"', true],
  ['[{"contains":"ac"}]', '"abc"', false],
  ['[{"contains":"1"}]', '111', false],
  ['[{"contains":"b"}]', '["x","abc"]', true],
  ['["x",{"prefix":"y"}]', '"yes"', true],
  // exists
  ['[{"exists":true}]', '"x"', true],
  ['[{"exists":true}]', 'null', true],
  ['[{"exists":true}]', '["x"]', true],
  ['[{"exists":true}]', null, false],
  ['[{"exists":true}]', '{"b":1}', false],
  ['[{"exists":true}]', '[]', false],
  ['[{"exists":false}]', null, true],
  ['[{"exists":false}]', '"x"', false],
  ['[{"exists":false}]', 'null', false],
  ['[{"exists":false},"x"]', '"x"', true],
  ['[{"exists":false},"x"]', '"y"', false],
  // anything-but
  ['[{"anything-but":"x"}]', '"y"', true],
  ['[{"anything-but":"x"}]', '"x"', false],
  ['[{"anything-but":"x"}]', 'null', true],
  ['[{"anything-but":"x"}]', '5', true],
  ['[{"anything-but":"x"}]', null, false],
  ['[{"anything-but":["x","y"]}]', '"y"', false],
  ['[{"anything-but":["x"]}]', '["x","z"]', true],
  ['[{"anything-but":["x"]}]', '["x"]', false],
  ['[{"anything-but":["x"]}]', '[]', false],
  ['[{"anything-but":[1,2]}]', '2', false],
  ['[{"anything-but":[1,2]}]', '3', true],
  ['[{"anything-but":{"prefix":"in"}}]', '"init"', false],
  ['[{"anything-but":{"prefix":"in"}}]', '"post-init"', true],
  ['[{"anything-but":{"prefix":"in"}}]', '12', true],
  ['[{"anything-but":{"suffix":".txt"}}]', '"a.txt"', false],
  ['[{"anything-but":{"suffix":".txt"}}]', '"a.txt.gz"', true],
  // numeric
  ['[{"numeric":["=",5]}]', '5', true],
  ['[{"numeric":["=",5]}]', '5.0', true],
  ['[{"numeric":["=",5]}]', '"5"', false],
  ['[{"numeric":["=",301.8]}]', '3.018e2', true],
  ['[{"numeric":[">",0,"<=",5]}]', '0', false],
  ['[{"numeric":[">",0,"<=",5]}]', '5', true],
  ['[{"numeric":[">",0,"<=",5]}]', '5.000001', false],
  ['[{"numeric":[">=",0]}]', '-0', true],
  ['[{"numeric":["<",0]}]', '-1e-9', true],
  ['[{"numeric":["<",10]}]', 'null', false],
  ['[{"numeric":["<",10]}]', '[50,7]', true],
  // cidr
  ['[{"cidr":"10.0.0.0/24"}]', '"10.0.0.77"', true],
  ['[{"cidr":"10.0.0.99/24"}]', '"10.0.0.77"', true],
  ['[{"cidr":"10.0.0.0/24"}]', '"10.0.1.0"', false],
  ['[{"cidr":"10.0.0.0/24"}]', '"no address"', false],
  ['[{"cidr":"10.0.0.0/24"}]', '"10.0.0"', false],
  ['[{"cidr":"10.0.0.0/24"}]', '"10.0.0.256"', false],
  ['[{"cidr":"0.0.0.0/0"}]', '"255.1.2.3"', true],
]

const standard: readonly Row[] = [
  // Numbers are compared as numbers, strings never equal them.
  ['[1]', '1.0', true],
  ['[1.0]', '1', true],
  ['[300]', '3.0e2', true],
  ['[1]', '"1"', false],
  ['["1"]', '1', false],
  ['[-0]', '0', true],
  ['["true"]', 'true', false],
  ['[9007199254740993]', '9007199254740993', true],
  ['[9007199254740993]', '9007199254740992', false],
  ['[9007199254740993]', '9007199254740993.0', true],
  ['[12345678901234567890]', '12345678901234567891', false],
  ['[1e400]', '1e401', false],
  ['[1e400]', '10e399', true],
  ['[{"numeric":[">",9007199254740992]}]', '9007199254740993', true],
  ['[{"numeric":["<=",9007199254740992]}]', '9007199254740993', false],
  ['[{"numeric":[">",1e300]}]', '1e400', true],
  ['[{"numeric":[">",0]}]', '1e-400', true],
  ['[{"numeric":["=",0.3]}]', '0.30000000000000004', false],
  ['[{"numeric":["=",0.1]}]', '0.1000000000000000055511151231257827', false],
  // Lists are searched at every level; what holds no leaf is absent.
  ['[1]', '[[1],[2]]', true],
  ['["x"]', '["x",{"b":1}]', true],
  ['[{"exists":false}]', '[]', true],
  ['[{"exists":false}]', '{"b":1}', true],
  ['[{"exists":true}]', '[[[]]]', false],
  ['[{"anything-but":["x"]}]', '["x",{"b":1}]', false],
  // Addresses equal every spelling.
  ['["2001:db8::1"]', '"2001:0DB8:0:0:0:0:0:1"', true],
  ['["10.0.0.1"]', '"10.0.0.1"', true],
  ['["10.0.0.1"]', '"10.0.0.2"', false],
  ['["::ffff:a00:1"]', '"10.0.0.1"', true],
  ['[{"exactly":"::1"}]', '"0:0:0:0:0:0:0:1"', false],
  ['[{"exactly":"::1"}]', '"::1"', true],
  ['[{"cidr":"2001:db8::/32"}]', '"2001:db8:ffff::"', true],
  ['[{"cidr":"2001:db8::/32"}]', '"2001:db9::"', false],
  ['[{"cidr":"::/0"}]', '"10.0.0.1"', false],
  ['[{"cidr":"::/0"}]', '"::1"', true],
  ['[{"cidr":"10.0.0.0/24"}]', '"10.0.0.0"', true],
  ['[{"cidr":"10.0.0.0/24"}]', '"10.0.0.255"', true],
  // Empty prefix and suffix: every string.
  ['[{"prefix":""}]', '"x"', true],
  ['[{"prefix":""}]', '1', false],
  ['[{"suffix":""}]', '""', true],
  // Without regard to letter case.
  ['[{"equals-ignore-case":"Café"}]', '"cAFÉ"', true],
  ['[{"equals-ignore-case":"Café"}]', '"cafe"', false],
  ['[{"equals-ignore-case":"ß"}]', '"SS"', true],
  ['[{"equals-ignore-case":"ss"}]', '"ß"', false],
  ['[{"equals-ignore-case":""}]', '""', true],
  ['[{"equals-ignore-case":"1"}]', '1', false],
  ['[{"prefix":{"equals-ignore-case":"eVent"}}]', '"EVENTbridge"', true],
  ['[{"prefix":{"equals-ignore-case":"eVent"}}]', '"even"', false],
  ['[{"suffix":{"equals-ignore-case":".PNG"}}]', '"a.pNg"', true],
  ['[{"suffix":{"equals-ignore-case":"ß"}}]', '"strasSS"', true],
  ['[{"anything-but":{"equals-ignore-case":["a","B"]}}]', '"b"', false],
  ['[{"anything-but":{"equals-ignore-case":["a","B"]}}]', '"c"', true],
  // Wildcards.
  ['[{"wildcard":"*"}]', '""', true],
  ['[{"wildcard":"*"}]', '5', false],
  ['[{"wildcard":""}]', '""', true],
  ['[{"wildcard":"a*"}]', '"a"', true],
  ['[{"wildcard":"*a"}]', '"ba"', true],
  ['[{"wildcard":"a*a"}]', '"a"', false],
  ['[{"wildcard":"a*a"}]', '"aa"', true],
  ['[{"wildcard":"a*b*c"}]', '"abbc"', true],
  ['[{"wildcard":"a*bc*bc"}]', '"abc"', false],
  ['[{"wildcard":"*ab*ab*"}]', '"aab_ab"', true],
  ['[{"wildcard":"*ab*ab*"}]', '"abab"', true],
  ['[{"wildcard":"*ab*ab*"}]', '"abb"', false],
  ['[{"wildcard":"/Users/*/dir/dir/doc.txt"}]', '"/Users/x/dir/dir/dir/doc.txt"', true],
  ['[{"wildcard":"a\\\\*b"}]', '"a*b"', true],
  ['[{"wildcard":"a\\\\*b"}]', '"axb"', false],
  ['[{"wildcard":"a\\\\\\\\b"}]', '"a\\\\b"', true],
  ['[{"wildcard":"\\\\**"}]', '"*x"', true],
  ['[{"wildcard":"*é*"}]', '"caf\\u00e9s"', true],
  ['[{"anything-but":{"wildcard":"*/lib/*"}}]', '"/a/lib/b"', false],
  ['[{"anything-but":{"wildcard":["*.a","b.*"]}}]', '"c.d"', true],
  ['[{"anything-but":{"wildcard":["*.a","b.*"]}}]', 'null', true],
  ['[{"anything-but":{"prefix":["a","b"]}}]', '"bc"', false],
  ['[{"anything-but":{"suffix":["a","b"]}}]', '"bc"', true],
]

const aliyun: readonly Row[] = [
  // Everything but null is compared as text.
  ['["1"]', '1', true],
  ['[1]', '"1"', true],
  ['[1.0]', '1', false],
  ['[300]', '3.0e2', false],
  ['["true"]', 'true', true],
  ['["2001:db8::1"]', '"2001:0db8:0:0:0:0:0:1"', false],
  ['[{"anything-but":"1"}]', '1', false],
  // A list with anything but scalars satisfies nothing, and so do an object and an empty list.
  ['["x"]', '["x",{"b":1}]', false],
  ['["x"]', '["x",["y"]]', false],
  ['[{"exists":true}]', '["x",[]]', false],
  ['[{"exists":false}]', '{"b":1}', false],
  ['[{"exists":false}]', '[]', false],
  ['[{"exists":false}]', '[{}]', false],
  ['[{"anything-but":"x"}]', '{"b":1}', false],
  // anything-but takes null and mixed lists.
  ['[{"anything-but":null}]', 'null', false],
  ['[{"anything-but":["x",1,null]}]', 'null', false],
  ['[{"anything-but":["x",1,null]}]', '"1"', false],
  ['[{"anything-but":["x",1,null]}]', 'true', true],
  // numeric
  ['[{"numeric":["!=",5]}]', '5', false],
  ['[{"numeric":["!=",5]}]', '6', true],
  ['[{"numeric":["!=",5]}]', '"6"', false],
  ['[{"numeric":["!=",5,"!=",6]}]', '6', false],
  ['[{"numeric":["<",5,">",0]}]', '3', true],
  ['[{"numeric":[">",5,"<",5]}]', '5', false],
  ['[{"numeric":[">",0,">",2]}]', '1', false],
  // The first and last address are outside of a block; a bare address equals itself.
  ['[{"cidr":"10.0.0.0/24"}]', '"10.0.0.0"', false],
  ['[{"cidr":"10.0.0.0/24"}]', '"10.0.0.255"', false],
  ['[{"cidr":"10.0.0.7"}]', '"10.0.0.7"', true],
  ['[{"cidr":"10.0.0.7"}]', '"10.0.0.8"', false],
  ['[{"cidr":"10.0.0.7/32"}]', '"10.0.0.7"', false],
]

const cases: ReadonlyArray<readonly [Dialect, string, readonly Row[]]> = [
  ['standard', 'what both dialects agree on', both],
  ['standard', 'what is its own', standard],
  ['aliyun', 'what both dialects agree on', both],
  ['aliyun', 'what is its own', aliyun],
]

describe.each(cases)('in the dialect %s, %s', (dialect, _title, rows) => {
  test.each(rows)('%s against %s is %s', (list, value, answer) => {
    const pattern = `{"data":{"a":${list}}}`
    const text = value === null ? '{"data":{"b":0}}' : `{"data":{"b":0,"a":${value}}}`
    const bytes = new TextEncoder().encode(text)

    expect(matches(pattern, bytes, { dialect })).toBe(answer)
    expect(matches(pattern, text, { dialect })).toBe(answer)
    expect(compile(manyRules(pattern, list), { dialect }).match(bytes).includes(0)).toBe(answer)
  })

  const readable = rows.filter(([list, value]) => !/[0-9]\.0|e-?[0-9]|-0|[0-9]{16}/.test(`${list} ${value}`))
  test.each(readable)('%s against %s as an object is %s', (list, value, answer) => {
    const event = { data: value === null ? { b: 0 } : { b: 0, a: JSON.parse(value) as unknown } }

    expect(matches(`{"data":{"a":${list}}}`, event, { dialect })).toBe(answer)
    expect(matches({ data: { a: JSON.parse(list) as unknown } }, event, { dialect })).toBe(answer)
  })
})

/** Enough other rules of the field that the automaton asks its index instead of one rule after the other. */
function manyRules(pattern: string, list: string): Array<readonly [number, string]> {
  const others = Array.from(
    { length: 20 },
    (_, index) => [index + 1, `{"data":{"a":["other ${index}"]}}`] as const,
  )
  const beside = [21, `{"data":{"a":${list},"b":[0]}}`] as const
  return [...others, beside, [0, pattern]]
}
