import { type Static, Type } from 'typebox'
import { Refusal } from '../refusal.ts'

const Text = Type.Optional(Type.String())
const Entry = Type.Object({
  Key: Text,
  Value: Text,
  IsValueSecret: Type.Optional(Type.Union([Type.String(), Type.Boolean()])),
})
const Entries = Type.Optional(Type.Array(Entry, { maxItems: 32 }))

/** `AuthParameters` of a connection (section 10.1). */
export const AuthParameters = Type.Object({
  AuthorizationType: Text,
  BasicAuthParameters: Type.Optional(Type.Object({ Username: Text, Password: Text })),
  ApiKeyAuthParameters: Type.Optional(Type.Object({ ApiKeyName: Text, ApiKeyValue: Text })),
  OAuthParameters: Type.Optional(
    Type.Object({
      AuthorizationEndpoint: Text,
      HttpMethod: Text,
      ClientParameters: Type.Optional(Type.Object({ ClientID: Text, ClientSecret: Text })),
      OAuthHttpParameters: Type.Optional(
        Type.Object({
          HeaderParameters: Entries,
          BodyParameters: Entries,
          QueryStringParameters: Entries,
        }),
      ),
    }),
  ),
})
export type AuthParameters = Static<typeof AuthParameters>

const lengthMax = 127

/** The option `auth` of the HTTP connector; `undefined` for a connection without credentials. */
export function authOption(given: AuthParameters | undefined): Record<string, unknown> | undefined {
  switch (given?.AuthorizationType?.toUpperCase()) {
    case undefined:
    case '':
    case 'NONE':
      return undefined
    case 'BASIC_AUTH':
      return basicAuth(given?.BasicAuthParameters ?? {})
    case 'API_KEY_AUTH':
      return apiKey(given?.ApiKeyAuthParameters ?? {})
    case 'OAUTH_AUTH':
      return oauth(given?.OAuthParameters ?? {})
    default:
      throw new Refusal(
        'ConnectionAuthParametersInvalid',
        'AuthorizationType is BASIC_AUTH, API_KEY_AUTH or OAUTH_AUTH',
      )
  }
}

function basicAuth({ Username, Password }: NonNullable<AuthParameters['BasicAuthParameters']>) {
  return {
    type: 'basic',
    username: bounded(Username, 'Username', 'BasicRequiredParameterIsEmpty', 'BasicUserNameLengthExceed'),
    password: bounded(Password, 'Password', 'BasicRequiredParameterIsEmpty', 'BasicPassWordLengthExceed'),
  }
}

function apiKey({ ApiKeyName, ApiKeyValue }: NonNullable<AuthParameters['ApiKeyAuthParameters']>) {
  return {
    type: 'apiKey',
    header: bounded(ApiKeyName, 'ApiKeyName', 'ApiKeyRequiredParameterIsEmpty', 'ApiKeyNameLengthExceed'),
    value: bounded(ApiKeyValue, 'ApiKeyValue', 'ApiKeyRequiredParameterIsEmpty', 'ApiKeyValueLengthExceed'),
  }
}

const methods = ['GET', 'POST', 'HEAD', 'DELETE', 'PUT', 'PATCH']

/** Id and secret of the client go in the query, as the service sends them. */
function oauth(given: NonNullable<AuthParameters['OAuthParameters']>): Record<string, unknown> {
  const empty = 'OAuthRequiredParameterIsEmpty'
  const { ClientID, ClientSecret } = given.ClientParameters ?? {}
  const method = bounded(given.HttpMethod, 'HttpMethod', empty, empty).toUpperCase()
  if (!methods.includes(method)) {
    throw new Refusal('ConnectionAuthParametersInvalid', `HttpMethod is one of ${methods.join(', ')}`)
  }
  const { HeaderParameters, BodyParameters, QueryStringParameters } = given.OAuthHttpParameters ?? {}
  return {
    type: 'oauth2',
    tokenUrl: bounded(
      given.AuthorizationEndpoint,
      'AuthorizationEndpoint',
      empty,
      'AuthorizationEndpointLengthExceed',
    ),
    method,
    clientId: bounded(ClientID, 'ClientID', empty, 'ClientIDLengthExceed'),
    clientSecret: bounded(ClientSecret, 'ClientSecret', empty, 'ClientSecretLengthExceed'),
    clientIn: 'query',
    headers: entriesOf(HeaderParameters),
    body: entriesOf(BodyParameters),
    query: entriesOf(QueryStringParameters),
  }
}

function entriesOf(entries: Static<typeof Entries> = []): Record<string, string> {
  return Object.fromEntries(
    entries.map(({ Key, Value }) => {
      if (Key === undefined || Key === '') {
        throw new Refusal('OauthHttpParametersEmpty', 'a parameter of OAuthHttpParameters has no Key')
      }
      return [Key, Value ?? '']
    }),
  )
}

function bounded(value: string | undefined, name: string, emptyCode: string, lengthCode: string): string {
  if (value === undefined || value === '') throw new Refusal(emptyCode, `${name} is missing`)
  if (value.length <= lengthMax) return value
  throw new Refusal(lengthCode, `${name} has ${value.length} characters; the limit is ${lengthMax}`)
}
