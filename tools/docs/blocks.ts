/** What a comment above a fenced block says of how it is tested: `<!-- snippet: … -->`. */
export type Directive =
  /** It is left out, for a reason: `not run: needs a Kafka broker`. */
  | { readonly kind: 'not-run'; readonly reason: string }
  /** A test of its own runs it: `run by tests/end-to-end/newcomer.test.ts`. */
  | { readonly kind: 'run-by'; readonly path: string }
  /** The last command of the block ends with this status: `exit 1`. */
  | { readonly kind: 'exit'; readonly status: number }
  /** Names that the code takes from what surrounds it: `given zip, accessKeyId`. */
  | { readonly kind: 'given'; readonly names: readonly string[] }

/** One fenced block of a page. */
export interface Block {
  /** Line of the opening fence, from 1. */
  readonly line: number
  /** First word of the info string; empty where there is none. */
  readonly language: string
  readonly text: string
  readonly directive: Directive | undefined
  /** The file that the page tells the reader to put it into. */
  readonly file: string | undefined
  /** Whether the block before it stands below the same heading. */
  readonly follows: boolean
}

interface Opening {
  readonly line: number
  readonly fence: string
  readonly indent: number
  readonly language: string
}

/** The fenced blocks of a page in their order. Throws a sentence with the line for a directive that it cannot read, and a fence that is not closed. */
export function readBlocks(page: string): Block[] {
  const blocks: Block[] = []
  let opening: Opening | undefined
  let body: string[] = []
  let before: string[] = []
  for (const [index, text] of page.split('\n').entries()) {
    const fence = /^( *)(`{3,}|~{3,}) *([\w-]*)/.exec(text)
    if (opening !== undefined) {
      if (fence?.[2]?.startsWith(opening.fence) !== true) {
        body.push(text.slice(Math.min(opening.indent, /^ */.exec(text)?.[0].length ?? 0)))
        continue
      }
      blocks.push(blockOf(opening, body, before, blocks.length > 0))
      opening = undefined
      body = []
      before = []
    } else if (fence === null) {
      before.push(text)
    } else {
      const [, indent = '', marks = '', language = ''] = fence
      opening = { line: index + 1, fence: marks, indent: indent.length, language }
    }
  }
  if (opening !== undefined) throw new Error(`the block of line ${opening.line} is not closed`)
  return blocks
}

function blockOf(
  { line, language }: Opening,
  body: readonly string[],
  before: readonly string[],
  hasEarlier: boolean,
): Block {
  const lead = before.join('\n').trimEnd()
  const comment = /<!-- snippet: (?<said>[^>]*?) *-->$/.exec(lead)
  const paragraph = (comment === null ? lead : lead.slice(0, comment.index)).trimEnd()
  return {
    line,
    language,
    text: `${body.join('\n')}\n`,
    directive: comment === null ? undefined : parseDirective(comment.groups?.['said'] ?? '', line),
    file: fileOf(paragraph.split('\n\n').at(-1)?.trim() ?? '', body[0] ?? ''),
    follows: hasEarlier && !/^#{1,6} /m.test(lead),
  }
}

function parseDirective(said: string, line: number): Directive {
  const [, reason] = /^not run: (.+)$/.exec(said) ?? []
  if (reason !== undefined) return { kind: 'not-run', reason }
  const [, path] = /^run by (\S+)$/.exec(said) ?? []
  if (path !== undefined) return { kind: 'run-by', path }
  const [, status] = /^exit (\d+)$/.exec(said) ?? []
  if (status !== undefined) return { kind: 'exit', status: Number(status) }
  const [, names] = /^given ([\w$, ]+)$/.exec(said) ?? []
  if (names !== undefined) return { kind: 'given', names: names.split(/, */) }
  throw new Error(
    `the comment above line ${line} says "${said}"; it may say "not run: …", "run by …", "exit …" or "given …"`,
  )
}

/** A page names a file by "`name`:", by "Put this into `name` …:", or in a comment on the first line. */
function fileOf(paragraph: string, firstLine: string): string | undefined {
  const inText = /(?:^|(?:into|as|in) )`([\w./-]+\.\w+)`[^`\n]*:$/.exec(paragraph.replaceAll('\n', ' '))
  return inText?.[1] ?? /^(?:\/\/|#) ([\w./-]+\.\w+)$/.exec(firstLine)?.[1]
}
