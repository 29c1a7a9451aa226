import { type Static, Type } from 'typebox'
import { isObject } from './operation.ts'
import { invalid } from './refusal.ts'

const text = (maxLength: number) => Type.String({ minLength: 1, maxLength })
const Parameter = Type.Object({
  Key: Type.Optional(Type.String({ maxLength: 512 })),
  Value: Type.Optional(Type.String({ maxLength: 512 })),
  IsValueSecret: Type.Optional(Type.Boolean()),
})
const HttpParameters = Type.Object({
  HeaderParameters: Type.Optional(Type.Array(Parameter, { maxItems: 100 })),
  QueryStringParameters: Type.Optional(Type.Array(Parameter, { maxItems: 100 })),
  BodyParameters: Type.Optional(Type.Array(Parameter, { maxItems: 100 })),
})
type HttpParameters = Static<typeof HttpParameters>

export const AuthorizationType = Type.Union([
  Type.Literal('BASIC'),
  Type.Literal('OAUTH_CLIENT_CREDENTIALS'),
  Type.Literal('API_KEY'),
])
export type AuthorizationType = Static<typeof AuthorizationType>

export const AuthParameters = Type.Object({
  BasicAuthParameters: Type.Optional(Type.Object({ Username: text(512), Password: text(512) })),
  ApiKeyAuthParameters: Type.Optional(Type.Object({ ApiKeyName: text(512), ApiKeyValue: text(512) })),
  OAuthParameters: Type.Optional(
    Type.Object({
      ClientParameters: Type.Object({ ClientID: text(512), ClientSecret: text(512) }),
      AuthorizationEndpoint: Type.String({ minLength: 1, maxLength: 2_048 }),
      HttpMethod: Type.Union([Type.Literal('GET'), Type.Literal('POST'), Type.Literal('PUT')]),
      OAuthHttpParameters: Type.Optional(HttpParameters),
    }),
  ),
  InvocationHttpParameters: Type.Optional(HttpParameters),
})
export type AuthParameters = Static<typeof AuthParameters>

/** Options of an instance of the HTTP connector. Throws `ValidationException` for what has no place among them. */
export function connectionOptions(type: AuthorizationType, given: AuthParameters): Record<string, unknown> {
  const {
    HeaderParameters = [],
    QueryStringParameters = [],
    BodyParameters = [],
  } = given.InvocationHttpParameters ?? {}
  if (BodyParameters.length > 0) {
    throw invalid('BodyParameters of a connection are not offered here: put them into the InputTransformer.')
  }
  const isSecret = [...HeaderParameters, ...QueryStringParameters].some(one => one.IsValueSecret === true)
  if (isSecret) {
    throw invalid(
      'InvocationHttpParameters are kept in the clear here, so that IsValueSecret cannot be true: use API_KEY for a secret header.',
    )
  }
  const headers = textsOf(HeaderParameters)
  return { auth: authOf(type, given), ...(Object.keys(headers).length === 0 ? {} : { headers }) }
}

function authOf(type: AuthorizationType, given: AuthParameters): Record<string, unknown> {
  if (type === 'BASIC') {
    const { BasicAuthParameters: basic } = given
    if (basic === undefined) throw missing('BasicAuthParameters', type)
    return { type: 'basic', username: basic.Username, password: basic.Password }
  }
  if (type === 'API_KEY') {
    const { ApiKeyAuthParameters: key } = given
    if (key === undefined) throw missing('ApiKeyAuthParameters', type)
    return { type: 'apiKey', header: key.ApiKeyName, value: key.ApiKeyValue }
  }
  const { OAuthParameters: oauth } = given
  if (oauth === undefined) throw missing('OAuthParameters', type)
  const { HeaderParameters, QueryStringParameters, BodyParameters } = oauth.OAuthHttpParameters ?? {}
  return {
    type: 'oauth2',
    tokenUrl: oauth.AuthorizationEndpoint,
    method: oauth.HttpMethod,
    clientId: oauth.ClientParameters.ClientID,
    clientSecret: oauth.ClientParameters.ClientSecret,
    clientIn: oauth.HttpMethod === 'GET' ? 'query' : 'body',
    headers: textsOf(HeaderParameters),
    query: textsOf(QueryStringParameters),
    body: { grant_type: 'client_credentials', ...textsOf(BodyParameters) },
  }
}

/** The parameters as they are told again: without any secret. */
export function shownParameters(given: AuthParameters): Record<string, unknown> {
  const { BasicAuthParameters, ApiKeyAuthParameters, OAuthParameters, InvocationHttpParameters } = given
  return {
    ...(BasicAuthParameters && { BasicAuthParameters: { Username: BasicAuthParameters.Username } }),
    ...(ApiKeyAuthParameters && { ApiKeyAuthParameters: { ApiKeyName: ApiKeyAuthParameters.ApiKeyName } }),
    ...(OAuthParameters && {
      OAuthParameters: {
        ClientParameters: { ClientID: OAuthParameters.ClientParameters.ClientID },
        AuthorizationEndpoint: OAuthParameters.AuthorizationEndpoint,
        HttpMethod: OAuthParameters.HttpMethod,
        ...(OAuthParameters.OAuthHttpParameters && {
          OAuthHttpParameters: withoutSecrets(OAuthParameters.OAuthHttpParameters),
        }),
      },
    }),
    ...(InvocationHttpParameters && { InvocationHttpParameters }),
  }
}

/** Parameters that a connection adds to the query of each call, as they are kept with it. */
export function connectionQuery(kept: Readonly<Record<string, unknown>>): Record<string, string> {
  const parameters = isObject(kept['AuthParameters']) ? kept['AuthParameters'] : {}
  const { InvocationHttpParameters: given } = parameters
  return textsOf((given as HttpParameters | undefined)?.QueryStringParameters)
}

/** A value of the token request may be a secret whether it says so or not; only names are told of those that do. */
function withoutSecrets(given: HttpParameters): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(given).map(([name, list]) => [
      name,
      list.map(({ Key, Value, IsValueSecret }) =>
        IsValueSecret === true ? { Key, IsValueSecret } : { Key, Value, IsValueSecret: false },
      ),
    ]),
  )
}

function textsOf(list: HttpParameters['HeaderParameters'] = []): Record<string, string> {
  return Object.fromEntries(
    list.flatMap(({ Key, Value }) => (Key === undefined ? [] : [[Key, Value ?? ''] as const])),
  )
}

function missing(member: string, type: AuthorizationType) {
  return invalid(`${member} must be given with AuthorizationType ${type}.`)
}
