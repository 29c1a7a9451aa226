'use strict'
/**
 * An HTTP request for a function of the handler kind `http`, as a header of the runtime API, and the answer that comes
 * back the same way (function-compute section 4.6).
 */
function httpParams({ method, path, query, headers, clientAddress }) {
  const params = {
    method,
    path: decoded(path),
    requestURI: query === '' ? path : `${path}?${query}`,
    clientIP: clientAddress,
    host: [headers.host].flat()[0] ?? '',
    headersMap: mapOfLists(Object.entries(headers)),
    queriesMap: mapOfLists(new URLSearchParams(query)),
  }
  return Buffer.from(JSON.stringify(params)).toString('base64')
}

function decoded(path) {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

function mapOfLists(entries) {
  const map = {}
  for (const [name, value] of entries) map[name] = [...(map[name] ?? []), ...[value].flat()]
  return map
}

/**
 * Head and body of an answer. Newer SDKs send the head as a header; older ones send both in a JSON object, the body in
 * base64.
 */
function httpAnswer({ params, payload }) {
  if (params !== undefined) return { head: headOf(params), body: payload }
  const { headers = {}, body = '' } = JSON.parse(payload.toString())
  return { head: headOf(headers['x-fc-http-params']), body: Buffer.from(body, 'base64') }
}

function headOf(params) {
  const { status, headersMap } = JSON.parse(Buffer.from(params ?? '', 'base64').toString() || '{}')
  const headers = {}
  for (const [name, values] of Object.entries(headersMap ?? {})) {
    headers[name.toLowerCase()] = values.length === 1 ? values[0] : values
  }
  // Go leaves the status at 0 when the handler writes nothing.
  return { statusCode: status || 200, headers }
}

module.exports = { httpAnswer, httpParams }
