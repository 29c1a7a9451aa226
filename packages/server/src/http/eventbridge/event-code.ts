/** The event-level name (section 2.6) of what is wrong with an event; `attribute` is what it is about, if anything. */
export function eventCode(code: string, attribute: string): string {
  switch (code) {
    case 'cloudevents.event-too-large':
    case 'cloudevents.batch-too-large':
      return 'EventSizeExceed'
    case 'cloudevents.unsupported-specversion':
      return 'EventSpecversionInvalid'
    case 'cloudevents.invalid-header':
    case 'cloudevents.unsupported-media-type':
      return 'EventHTTPProtocolBindingInvalid'
    case 'cloudevents.too-many-attributes':
      return 'EventExtensionsAttributeExceedLimit'
    case 'cloudevents.invalid-attribute-name':
      return 'EventExtensionsAttributeInvalid'
    case 'cloudevents.missing-attribute':
    case 'cloudevents.invalid-attribute':
    case 'cloudevents.wrong-type':
    case 'cloudevents.attribute-too-long':
      return attributeCodes.get(attribute) ?? 'EventExtensionsAttributeInvalid'
    default:
      return 'EventInvalid'
  }
}

const attributeCodes: ReadonlyMap<string, string> = new Map([
  ['id', 'EventIdEmpty'],
  ['source', 'EventSourceInvalid'],
  ['type', 'EventTypeInvalid'],
  ['subject', 'EventSubjectInvalid'],
  ['specversion', 'EventSpecversionInvalid'],
  ['datacontenttype', 'EventContentTypeInvalid'],
  ['time', 'EventInvalid'],
  ['dataschema', 'EventInvalid'],
  ['data', 'EventInvalid'],
  ['data_base64', 'EventInvalid'],
])
