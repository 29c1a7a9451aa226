/** A heading of a page. */
export interface Heading {
  /** Line, from 1. */
  readonly line: number
  /** 1 is the title. */
  readonly depth: number
  /** Without the marks of Markdown. */
  readonly text: string
  /** What a link to it names behind `#`, as GitHub and the site make it. */
  readonly anchor: string
}

/** The headings of a page, without lines of fenced blocks that look like some. */
export function readHeadings(page: string): Heading[] {
  const headings: Heading[] = []
  const seen = new Map<string, number>()
  let fence: string | undefined
  for (const [index, line] of page.split('\n').entries()) {
    const mark = /^ *(`{3,}|~{3,})/.exec(line)?.[1]
    if (mark !== undefined) {
      if (fence === undefined) fence = mark
      else if (mark.startsWith(fence)) fence = undefined
    }
    const [, marks = '', title = ''] = (fence === undefined && /^(#{1,6}) +(.*?)(?: +#+)?$/.exec(line)) || []
    if (marks === '') continue
    const text = plainText(title)
    const slug = slugOf(text)
    const times = seen.get(slug) ?? 0
    seen.set(slug, times + 1)
    const anchor = times === 0 ? slug : `${slug}-${times}`
    headings.push({ line: index + 1, depth: marks.length, text, anchor })
  }
  return headings
}

/** The first paragraph of a page as plain text: what a search shows of it. */
export function readDescription(page: string): string | undefined {
  const body = page.replace(/^---\n[\s\S]*?\n---\n/, '').replaceAll(/<!--[\s\S]*?-->/g, '')
  const paragraph = body
    .split(/\n{2,}/)
    .find(text => /^[^#\s|>`<!-]/.test(text.trimStart()) && text.trim() !== '')
  return paragraph === undefined ? undefined : plainText(paragraph.replaceAll('\n', ' ').trim())
}

/** Links become their text, emphasis and code lose their marks. */
function plainText(markdown: string): string {
  return markdown
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/(\*{1,2}|`)(.+?)\1/g, '$2')
    .replaceAll(/(?<!\w)_(.+?)_(?!\w)/g, '$1')
}

function slugOf(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
    .replaceAll(' ', '-')
}
