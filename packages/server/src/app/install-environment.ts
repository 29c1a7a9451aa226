/**
 * What a package manager needs to reach its registry as the operator has set it up: where its settings are, proxies,
 * certificates. Everything else stays with the server, its keys first of all.
 */
export function installEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const chosen: Record<string, string> = {}
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && isWanted(name)) chosen[name] = value
  }
  return chosen
}

const wanted: ReadonlySet<string> = new Set([
  'home',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'node_extra_ca_certs',
  'ssl_cert_dir',
  'ssl_cert_file',
])

function isWanted(name: string): boolean {
  const lower = name.toLowerCase()
  return wanted.has(lower) || lower.startsWith('npm_config_')
}
