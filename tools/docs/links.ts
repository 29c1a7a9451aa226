/** A fenced block, code, or a link or picture. Code in the text of a link is a part of it. */
const parts =
  /^( *)(?<fence>`{3,}|~{3,})[\s\S]*?^\1\k<fence>.*$|(?<code>`+)(?:(?!\k<code>)(?!\n\n)[\s\S])+\k<code>(?!\])|(?<picture>!?)\[(?<text>(?:[^[\]]|\[[^\]]*\])*)\]\((?<target>[^)\s]+)\)/gm

/**
 * Replaces the targets of the links and pictures of a page, outside of fenced blocks and code. A link for which `replace` gives
 * `undefined` becomes its text: what it leads to is not there where the page goes.
 */
export function replaceLinks(page: string, replace: (target: string) => string | undefined): string {
  return page.replaceAll(parts, (whole: string, ...rest: unknown[]) => {
    const { picture = '', text = '', target } = rest.at(-1) as Record<string, string | undefined>
    if (target === undefined) return whole
    const replaced = replace(target)
    if (replaced === undefined) return picture === '' ? text : ''
    return `${picture}[${text}](${replaced})`
  })
}
