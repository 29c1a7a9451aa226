/** What may be done to a value before it is put in; `none` puts it in as it is. */
export type TemplateHelper = 'none' | 'jsonEscape' | 'htmlEscape'

/** One piece of a template: text, or the place of a variable. */
export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'variable'
      readonly name: string
      readonly helper: TemplateHelper
      /** Put in, as it is, where the event has no such value; an empty text unless the template says otherwise. */
      readonly fallback: string
    }

/**
 * Splits a template (section 6 of the compatible protocol):
 *
 * - `${name}`, `${jsonEscape(name)}`, `${htmlEscape(name)}`: the value of a variable, helped or not.
 * - each with `:-default` before the brace: the default is put in where the value is missing.
 * - `$${` stands for `${` itself, and what follows is plain text.
 * - a name that is not among `variables` is left as it was written, unless it has a default; so is a `${` that is
 *   never closed. The first `}` closes, also inside a default.
 *
 * Values are put in once and never looked at again: a `${…}` that comes with an event stays what it is.
 */
export function parseTemplate(template: string, variables: ReadonlySet<string>): readonly TemplatePart[] {
  const parts: TemplatePart[] = []
  let text = ''
  let at = 0
  for (;;) {
    const open = template.indexOf('${', at)
    const close = open === -1 ? -1 : template.indexOf('}', open)
    if (open === -1) break
    if (open > at && template[open - 1] === '$') {
      text += `${template.slice(at, open - 1)}\${`
      at = open + 2
      continue
    }
    if (close === -1) break
    const part = parseReference(template.slice(open + 2, close), variables)
    text += template.slice(at, open)
    at = close + 1
    if (part === undefined) text += template.slice(open, at)
    else if (part.kind === 'text') text += part.text
    else {
      if (text !== '') parts.push({ kind: 'text', text })
      text = ''
      parts.push(part)
    }
  }
  text += template.slice(at)
  if (text !== '') parts.push({ kind: 'text', text })
  return parts
}

/** The piece that the inside of `${…}` stands for; undefined when it is to be left as it was written. */
function parseReference(inside: string, variables: ReadonlySet<string>): TemplatePart | undefined {
  const split = inside.indexOf(':-')
  const expression = split === -1 ? inside : inside.slice(0, split)
  const fallback = split === -1 ? '' : inside.slice(split + 2)
  if (variables.has(expression)) return { kind: 'variable', name: expression, helper: 'none', fallback }
  for (const helper of ['jsonEscape', 'htmlEscape'] as const) {
    if (!expression.startsWith(`${helper}(`) || !expression.endsWith(')')) continue
    const name = expression.slice(helper.length + 1, -1)
    if (variables.has(name)) return { kind: 'variable', name, helper, fallback }
  }
  return split === -1 ? undefined : { kind: 'text', text: fallback }
}
