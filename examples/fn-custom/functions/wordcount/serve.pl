# A small HTTP server: each event that comes by POST /invoke is the standard input of a program, whose output is the answer.
use strict;
use warnings;
use IO::Socket::INET;
use IPC::Open2;

my ($port, @program) = @ARGV;
$SIG{PIPE} = 'IGNORE';
my $server = IO::Socket::INET->new(LocalPort => $port, Listen => 16, ReuseAddr => 1) or die "port $port: $!";

while (my $client = $server->accept) {
  while (defined(my $request = <$client>)) {
    my $length = 0;
    while (defined(my $line = <$client>)) {
      last if $line =~ /^\r?\n$/;
      $length = $1 if $line =~ /^content-length:\s*(\d+)/i;
    }
    my $body = '';
    read($client, $body, $length) if $length > 0;
    my $pid = open2(my $output, my $input, @program);
    print $input $body;
    close $input;
    my $answer = do { local $/; <$output> } // '';
    waitpid($pid, 0);
    # A program that fails makes the invocation fail: then it is tried again, and ends in the dead letters.
    my $status = $? == 0 ? 200 : 404;
    print $client "HTTP/1.1 200 OK\r\nx-fc-status: $status\r\ncontent-length: " . length($answer) . "\r\n\r\n$answer";
    $client->flush;
  }
}
