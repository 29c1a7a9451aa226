/** The client library: connections, credentials, and the codecs of the requests that are not on the hot path. */
export type Client = typeof import('@platformatic/kafka')

/** Loads the library; the first source or sink that connects pays for it, and nobody else. */
export function loadClient(): Promise<Client> {
  return import('@platformatic/kafka')
}
