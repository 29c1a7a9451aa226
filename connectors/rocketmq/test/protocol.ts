import service from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/service_pb.js'

/** Messages of the protocol, as the library generated them. */
export const { QueryRouteResponse, ReceiveMessageResponse, SendMessageRequest, TelemetryCommand } = service
export type QueryRouteResponse = service.QueryRouteResponse
export type ReceiveMessageResponse = service.ReceiveMessageResponse
export type SendMessageRequest = service.SendMessageRequest
export type TelemetryCommand = service.TelemetryCommand
