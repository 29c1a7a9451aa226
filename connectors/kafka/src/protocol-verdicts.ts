import { type Verdict, verdictOf } from './verdict.ts'

const moving = 'is just changing its leader'
const coordinatorMoving = 'has no coordinator for the group at the moment'

/**
 * What the error codes of the Kafka protocol mean for whoever reads or writes. Codes that are not here are failures that may
 * pass.
 */
export const protocolVerdicts: Readonly<Record<string, Verdict>> = {
  UNKNOWN_TOPIC_OR_PARTITION: verdictOf(
    'missing',
    'does not exist: create the topic, or correct its name; topics are never created by use',
  ),
  UNKNOWN_TOPIC_ID: verdictOf('missing', 'does not exist any more'),
  INVALID_TOPIC_EXCEPTION: verdictOf('rejected', 'has a name that the broker does not allow'),
  LEADER_NOT_AVAILABLE: verdictOf('unavailable', moving),
  NOT_LEADER_OR_FOLLOWER: verdictOf('unavailable', moving),
  FENCED_LEADER_EPOCH: verdictOf('unavailable', moving),
  UNKNOWN_LEADER_EPOCH: verdictOf('unavailable', moving),
  BROKER_NOT_AVAILABLE: verdictOf('unavailable', 'has no broker at the moment'),
  REPLICA_NOT_AVAILABLE: verdictOf('unavailable', 'has no replica at the moment'),
  NETWORK_EXCEPTION: verdictOf('unavailable', 'closed the connection'),
  REQUEST_TIMED_OUT: verdictOf('timeout', 'did not get the record to its replicas in time'),
  NOT_ENOUGH_REPLICAS: verdictOf('unavailable', 'has fewer replicas in sync than it demands'),
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: verdictOf('unavailable', 'has fewer replicas in sync than it demands'),
  KAFKA_STORAGE_ERROR: verdictOf('unavailable', 'has a failing disk'),
  MESSAGE_TOO_LARGE: verdictOf(
    'rejected',
    'takes no record of this size: raise max.message.bytes of the topic, or make the record smaller',
  ),
  RECORD_LIST_TOO_LARGE: verdictOf('rejected', 'takes no batch of this size'),
  CORRUPT_MESSAGE: verdictOf('failed', 'found the checksum wrong'),
  INVALID_RECORD: verdictOf('rejected', 'refused the record, which breaks a rule of the topic'),
  INVALID_TIMESTAMP: verdictOf('rejected', 'refused the time of the record'),
  UNSUPPORTED_COMPRESSION_TYPE: verdictOf('rejected', 'does not know the compression'),
  UNSUPPORTED_FOR_MESSAGE_FORMAT: verdictOf('rejected', 'keeps records in a form that is too old for this'),
  POLICY_VIOLATION: verdictOf('rejected', 'refused the request by a policy of its operator'),
  INVALID_REQUIRED_ACKS: verdictOf('rejected', 'does not know the acks that were asked for'),
  THROTTLING_QUOTA_EXCEEDED: verdictOf('throttled', 'asked for fewer requests'),
  OUT_OF_ORDER_SEQUENCE_NUMBER: verdictOf('failed', 'lost count of the batches'),
  UNKNOWN_PRODUCER_ID: verdictOf('failed', 'forgot who writes'),
  INVALID_PRODUCER_EPOCH: verdictOf('failed', 'took this writer for an old one'),
  INVALID_PRODUCER_ID_MAPPING: verdictOf('failed', 'forgot who writes'),
  DUPLICATE_SEQUENCE_NUMBER: verdictOf('failed', 'had the batch already'),
  TOPIC_AUTHORIZATION_FAILED: verdictOf(
    'unauthorized',
    'may not be used by this user: grant Read (sources) or Write (sinks) and Describe on the topic',
  ),
  GROUP_AUTHORIZATION_FAILED: verdictOf(
    'unauthorized',
    'may not be used by this user: grant Read on the group',
  ),
  CLUSTER_AUTHORIZATION_FAILED: verdictOf(
    'unauthorized',
    'does not allow this to the user: grant IdempotentWrite on the cluster, or set idempotent to false',
  ),
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: verdictOf('unauthorized', 'does not allow this to the user'),
  SASL_AUTHENTICATION_FAILED: verdictOf(
    'unauthorized',
    'refused the credentials: check user name, password or token',
  ),
  UNSUPPORTED_SASL_MECHANISM: verdictOf(
    'unauthorized',
    'does not offer this sasl.mechanism: use one that it has enabled',
  ),
  ILLEGAL_SASL_STATE: verdictOf('unauthorized', 'wants credentials in another way: check sasl and the port'),
  SECURITY_DISABLED: verdictOf('rejected', 'has no security features enabled'),
  COORDINATOR_LOAD_IN_PROGRESS: verdictOf('unavailable', coordinatorMoving),
  COORDINATOR_NOT_AVAILABLE: verdictOf('unavailable', coordinatorMoving),
  NOT_COORDINATOR: verdictOf('unavailable', coordinatorMoving),
  MEMBER_ID_REQUIRED: verdictOf('unavailable', 'has given this reader an id'),
  REBALANCE_IN_PROGRESS: verdictOf('unavailable', 'is sharing out its partitions anew'),
  ILLEGAL_GENERATION: verdictOf('lost', 'has shared out its partitions anew meanwhile'),
  UNKNOWN_MEMBER_ID: verdictOf('lost', 'does not know this reader any more, which was silent for too long'),
  FENCED_INSTANCE_ID: verdictOf(
    'rejected',
    'has another reader with the same name: the option member must differ between streams',
  ),
  UNRELEASED_INSTANCE_ID: verdictOf('unavailable', 'has not let go of the former reader of this name yet'),
  GROUP_MAX_SIZE_REACHED: verdictOf('rejected', 'has as many readers as it may have'),
  INCONSISTENT_GROUP_PROTOCOL: verdictOf(
    'rejected',
    'has readers that share out partitions in another way: they must offer range, or use another group',
  ),
  INVALID_GROUP_ID: verdictOf('rejected', 'has a name that the broker does not allow'),
  INVALID_SESSION_TIMEOUT: verdictOf(
    'rejected',
    'does not allow this sessionTimeoutMs: see group.min.session.timeout.ms and group.max.session.timeout.ms',
  ),
  OFFSET_METADATA_TOO_LARGE: verdictOf('rejected', 'does not take the commit'),
  UNSUPPORTED_VERSION: verdictOf('rejected', 'is too old: it lacks a request that is needed'),
  INVALID_REQUEST: verdictOf('rejected', 'did not understand the request'),
}
