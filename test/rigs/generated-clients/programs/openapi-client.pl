#!/usr/bin/perl
# Creates and follows a job with the client that Perl's OpenAPI::Client makes of the description.
use strict;
use warnings FATAL => 'all';
use Mojo::JSON qw(decode_json encode_json);
use OpenAPI::Client;
use Time::HiRes qw(sleep);

my ($description) = @ARGV;
my $given = decode_json($ENV{SETTINGS});
my $client = OpenAPI::Client->new("file://$description", base_url => $given->{url});
$client->ua->on(
  start => sub {
    my ($ua, $tx) = @_;
    $tx->req->headers->authorization("Bearer $given->{token}");
  }
);

my %path = %{$given->{path}};
my %create = (%path, 'Idempotency-Key' => $given->{key});
my $created = $client->createResumeJob({%create, body => {target_group_ids => $given->{ids}}});
my ($job_id) = ($created->res->headers->location // '') =~ m{([^/]+)$};

my $job;
while (1) {
  $job = $client->getResumeJob({%path, job_id => $job_id})->res->json;
  last if $job->{status} ne 'Processing';
  sleep 0.2;
}
my $runs = $client->getFieldingRuns({%path, target_group_id => $given->{ids}[0]})->res->json;
# The client itself refuses an id that is none. The API refuses one key with other ids.
my $refused = $client->createResumeJob({%create, body => {target_group_ids => ['0' x 26]}})->res->json;
my $unchecked = $client->createResumeJob({%create, body => {target_group_ids => ['x']}})->res->json;
my $unknown = $client->getResumeJob({%path, job_id => '0' x 26})->res->json;

print encode_json({
  created => 0 + $created->res->code,
  status => $job->{status},
  updated => [map { $_->{target_group_id} } @{$job->{updated_target_groups}{data}}],
  failed => [map { $_->{failure_reason}{code} } @{$job->{failed_target_groups}{data}}],
  run => $runs->{data}[0]{status},
  faults => [(map { $_->{name} } @{$refused->{invalid_params}}), map { $_->{path} } @{$unchecked->{errors}}],
  unknown => $unknown->{object},
}), "\n";
