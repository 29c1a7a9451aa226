import { type Static, Type } from 'typebox'

const text = { maxLength: 10_240 }

/** How one value is made from an event; the four forms of section 6 of the compatible protocol. */
export const TransformSpec = Type.Union([
  Type.Object(
    { form: Type.Literal('ORIGINAL', { description: 'The whole event as structured JSON.' }) },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      form: Type.Literal('CONSTANT', { description: 'Always the same text.' }),
      value: Type.String({ ...text, description: 'The text; nothing in it is replaced.' }),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      form: Type.Literal('JSONPATH', { description: 'One part of the event.' }),
      value: Type.String({ ...text, description: 'A definite path such as `$.data.user.name`.' }),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      form: Type.Literal('TEMPLATE', { description: 'A text with `${variables}`.' }),
      value: Type.Record(Type.String(), Type.String(text), {
        description: 'Variable → definite path, or a constant when it does not begin with `$`.',
      }),
      template: Type.String({
        ...text,
        description: 'The text; `${name}`, `${jsonEscape(name)}`, `${htmlEscape(name)}`.',
      }),
    },
    { additionalProperties: false },
  ),
])
export type TransformSpec = Static<typeof TransformSpec>
