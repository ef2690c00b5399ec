// The command line.
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "sink.h"

static const char usage[] =
    "Usage: null-sink [--port N] [--latency-ms N] [--throttle-rate R] [--unprocessed-rate R]\n"
    "                 [--seed N]\n"
    "\n"
    "Listens on loopback, answers DynamoDB's operations for tables and writes, keeps no item, and\n"
    "counts. It checks no signature. The first line on standard output names the endpoint; the\n"
    "counts are printed there, as one line of JSON, on SIGTERM and SIGINT, and answer GET /stats;\n"
    "POST /reset answers nothing but fresh ones.\n"
    "\n"
    "  --port N              the port; 0, the default, takes a free one\n"
    "  --latency-ms N        answers wait so long, each for itself; fractions are allowed\n"
    "  --throttle-rate R     part of the write requests that are answered ThrottlingException\n"
    "  --unprocessed-rate R  part of the items of BatchWriteItem that are sent back\n"
    "  --seed N              of the dice for these two; 1 by default\n";

static double number(const char *text, double least, double most) {
    char *end;
    double value = strtod(text, &end);
    if (*text && !*end && value >= least && value <= most) return value;
    fprintf(stderr, "null-sink: not a number of %g to %g: %s\n", least, most, text);
    exit(2);
}

void options_parse(int count, char **arguments) {
    static const struct option known[] = {
        {"port", required_argument, NULL, 'p'},
        {"latency-ms", required_argument, NULL, 'l'},
        {"throttle-rate", required_argument, NULL, 't'},
        {"unprocessed-rate", required_argument, NULL, 'u'},
        {"seed", required_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int flag;
    while ((flag = getopt_long(count, arguments, "h", known, NULL)) != -1) {
        switch (flag) {
        case 'p': options.port = (int)number(optarg, 0, 65535); break;
        case 'l': options.latency_ms = number(optarg, 0, 60000); break;
        case 't': options.throttle_rate = number(optarg, 0, 1); break;
        case 'u': options.unprocessed_rate = number(optarg, 0, 1); break;
        case 's': options.seed = (uint64_t)number(optarg, 0, 0x1p53); break;
        case 'h': fputs(usage, stdout); exit(0);
        default: fputs(usage, stderr); exit(2);
        }
    }
    if (optind < count) {
        fputs(usage, stderr);
        exit(2);
    }
}
