resource "terraform_data" "network" {
  input = "10.0.0.0/16"
}

resource "terraform_data" "node" {
  count = 2
  input = "${terraform_data.network.output} node ${count.index}"
}

output "nodes" {
  value = length(terraform_data.node)
}
