"""The second argument of a handler. Names as in the compatible protocol: function-compute section 4.5."""


class Members:
    """A group of members; `requestId` of the protocol is `request_id` here."""

    def __init__(self, members):
        for name, value in members.items():
            setattr(self, python_name(name), value)

    def __repr__(self):
        return '%s(%s)' % (type(self).__name__, ', '.join(sorted(self.__dict__)))


class Credentials(Members):
    """`access_key_id`, `access_key_secret`, `security_token`; empty strings without a role."""


class FunctionMeta(Members):
    """`name`, `handler`, `memory`, `timeout`, `initializer`, `initialization_timeout`, `version_id`, `qualifier`."""


class ServiceMeta(Members):
    """`name`, `log_project`, `log_store`, `qualifier`, `version_id`."""


NO_CREDENTIALS = {'accessKeyId': '', 'accessKeySecret': '', 'securityToken': ''}


class FCContext:
    """Made anew for each call: what code changes in it does not reach the next one."""

    def __init__(self, base, header, invocation):
        service = dict(base.get('service', {}))
        if 'qualifier' in header:
            service['qualifier'] = header['qualifier']
        for name, value in base.items():
            setattr(self, python_name(name), copy_of(value))
        self.request_id = header['requestId']
        self.credentials = Credentials(dict(NO_CREDENTIALS, **header.get('credentials', {})))
        self.function = FunctionMeta(base.get('function', {}))
        self.function.version_id = service.get('versionId', '')
        self.function.qualifier = service.get('qualifier', '')
        self.service = ServiceMeta(service)
        self.log_project = service.get('logProject', '')
        self.log_store = service.get('logStore', '')
        self.region = base.get('region', '')
        self.account_id = base.get('accountId', '')
        self.retry_count = header.get('retryCount', 0)
        self.tracing = header.get('tracing', {})
        self.deadline_ms = header.get('deadlineMs', 0)
        self._invocation = invocation
        self._source = base, header
        self._logger = None

    @property
    def logger(self):
        """Writes lines with the id of this request, from whatever thread it is called."""
        if self._logger is None:
            from .log import request_logger

            self._logger = request_logger(self._invocation)
        return self._logger

    def getLogger(self):
        return self.logger

    @property
    def cancelled(self):
        """A `threading.Event` that is set when nobody waits for the answer any more."""
        return self._invocation.cancel_event()

    def to_json(self):
        """The members as JSON, with the names of the protocol."""
        import json

        base, header = self._source
        members = dict(base, credentials=NO_CREDENTIALS, retryCount=0, tracing={})
        members.update(header)
        if 'qualifier' in header:
            members['service'] = dict(base.get('service', {}), qualifier=members.pop('qualifier'))
        for name in ('environment', 'codePath', 'handler', 'handlerKind', 'initializer', 'context', 'http', 'preStop', 'preFreeze', 'layersPath', 'server'):
            members.pop(name, None)
        return json.dumps(members, ensure_ascii=False)


def python_name(name):
    return ''.join('_' + letter.lower() if letter.isupper() else letter for letter in name)


def copy_of(value):
    if isinstance(value, dict):
        return {name: copy_of(member) for name, member in value.items()}
    if isinstance(value, list):
        return [copy_of(member) for member in value]
    return value
