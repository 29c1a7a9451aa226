export { type CorsRequest, preflightAnswer, type PreflightAnswer, withCorsHeaders } from './cors.ts'
export { forwardedHeaders, type HeaderMap, rawHeaderBytes, type RawHeaders } from './headers.ts'
export { decodePath, hasDotSegments, parseQuery } from './query.ts'
export { requestEvent, type TriggerRequest } from './request-event.ts'
export {
  checkedResponseHeaders,
  responseInvalid,
  responseOfOutput,
  type TriggerResponse,
} from './response.ts'
export { checkRewrites, createRewriter, type Place, type Rewriter } from './rewrite.ts'
export { domainOf, type DomainRoute, routeOf } from './routes.ts'
export { type CallPlan, type HttpTrigger, httpTriggersOf, planCall } from './trigger.ts'
