import { type Static, Type } from 'typebox'
import { Arn, ResourceName } from './names.ts'

const Texts = Type.Record(Type.String({ maxLength: 512 }), Type.String({ maxLength: 512 }))

/** A `Target` as it is sent; members of other names are kept as they are. */
export const TargetEntry = Type.Object({
  Id: ResourceName,
  Arn,
  RoleArn: Type.Optional(Arn),
  Input: Type.Optional(Type.String({ maxLength: 8_192 })),
  InputPath: Type.Optional(Type.String({ maxLength: 256 })),
  InputTransformer: Type.Optional(
    Type.Object({
      InputPathsMap: Type.Optional(
        Type.Record(Type.String(), Type.String({ maxLength: 256 }), { maxProperties: 100 }),
      ),
      InputTemplate: Type.String({ minLength: 1, maxLength: 8_192 }),
    }),
  ),
  RetryPolicy: Type.Optional(
    Type.Object({
      MaximumRetryAttempts: Type.Optional(Type.Integer({ minimum: 0, maximum: 185 })),
      MaximumEventAgeInSeconds: Type.Optional(Type.Integer({ minimum: 60, maximum: 86_400 })),
    }),
  ),
  DeadLetterConfig: Type.Optional(Type.Object({ Arn: Type.Optional(Arn) })),
  HttpParameters: Type.Optional(
    Type.Object({
      PathParameterValues: Type.Optional(Type.Array(Type.String())),
      HeaderParameters: Type.Optional(Texts),
      QueryStringParameters: Type.Optional(Texts),
    }),
  ),
})
export type TargetEntry = Static<typeof TargetEntry>
