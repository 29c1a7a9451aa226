import { type Static, Type } from 'typebox'

const text = { maxLength: 10_240 }

/** How one value is made from an event: the four forms of section 6 of the compatible protocol, and the shape of AWS EventBridge. */
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
  Type.Object(
    {
      form: Type.Literal('AWS', {
        description:
          'The event in the shape of AWS EventBridge (`detail-type`, `detail` …), a part of it, or a text made of it.',
      }),
      value: Type.String({
        default: '$',
        maxLength: 10_240,
        description:
          'Definite path into that shape, such as `$.detail.user`; `$` is the whole. The result is JSON.',
      }),
      variables: Type.Record(Type.String(), Type.String(text), {
        default: {},
        description: 'Variable of the template → definite path into that shape.',
      }),
      template: Type.Optional(
        Type.String({ ...text, description: 'A text with `<variables>`, instead of the value at the path.' }),
      ),
      account: Type.String({
        pattern: '^[0-9]{1,20}$',
        description: 'The `account` of events that carry none.',
      }),
      region: Type.String({ maxLength: 63, description: 'The `region` of events that carry none.' }),
      rule: Type.Optional(Type.String({ maxLength: 1_600, description: 'ARN of the rule, for templates.' })),
    },
    { additionalProperties: false },
  ),
])
export type TransformSpec = Static<typeof TransformSpec>
