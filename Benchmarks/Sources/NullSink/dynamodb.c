// What the null sink answers to DynamoDB's operations: it keeps tables' schemas, and no item.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sink.h"

enum { TABLES_MAX = 256, NAME_MAX_BYTES = 256 };

struct table {
    char name[NAME_MAX_BYTES];
    char identity[40];
    double created_at;
    struct bytes request;  // the CreateTable request
};

static struct table tables[TABLES_MAX];
static int table_count;

static struct span span_of(const struct bytes *bytes) {
    return (struct span){bytes->base, bytes->count};
}

static bool is_equal(struct span text, const char *wanted) {
    return text.count == strlen(wanted) && memcmp(text.from, wanted, text.count) == 0;
}

/// An ARN may stand for the name.
static struct span table_name(struct span body) {
    struct span name = json_text(json_member(body, "TableName"));
    if (!name.from) name = json_text(json_member(body, "ResourceArn"));
    if (!name.from) return name;
    const char *slash = memrchr(name.from, '/', name.count);
    if (!slash) return name;
    return (struct span){slash + 1, (size_t)(name.from + name.count - slash - 1)};
}

static struct table *find(struct span name) {
    if (!name.from) return NULL;
    for (int index = 0; index < table_count; index++) {
        if (is_equal(name, tables[index].name)) return &tables[index];
    }
    return NULL;
}

static int refuse(struct bytes *out, const char *type, const char *message) {
    bytes_print(out, "{\"__type\":\"com.amazonaws.dynamodb.v20120810#%s\",\"message\":\"%s\"}",
                type, message);
    return 400;
}

static int not_found(struct bytes *out) {
    return refuse(out, "ResourceNotFoundException", "Requested resource not found");
}

static void append_arn(struct bytes *out, const struct table *table) {
    bytes_print(out, "arn:aws:dynamodb:us-east-1:000000000000:table/%s", table->name);
}

static void append_member(struct bytes *out, struct span request, const char *name) {
    struct span value = json_member(request, name);
    if (!value.from) return;
    bytes_print(out, ",\"%s\":", name);
    bytes_append(out, value.from, value.count);
}

/// The indexes of the request, each with what a description adds to it.
static void append_indexes(struct bytes *out, struct table *table, const char *name) {
    struct span indexes = json_member(span_of(&table->request), name);
    const char *position = NULL;
    bool is_first = true;
    if (!indexes.from) return;
    bytes_print(out, ",\"%s\":[", name);
    for (;;) {
        struct span index = json_next(indexes, &position);
        if (!index.from) break;
        struct span label = json_text(json_member(index, "IndexName"));
        if (!is_first) bytes_append(out, ",", 1);
        is_first = false;
        bytes_append(out, index.from, index.count - 1);
        bytes_print(out, ",\"IndexStatus\":\"ACTIVE\",\"IndexSizeBytes\":0,\"ItemCount\":0,"
                         "\"IndexArn\":\"");
        append_arn(out, table);
        bytes_print(out, "/index/%.*s\"}", (int)label.count, label.from ? label.from : "");
    }
    bytes_append(out, "]", 1);
}

static void append_description(struct bytes *out, struct table *table) {
    struct span request = span_of(&table->request);
    struct span billing = json_text(json_member(request, "BillingMode"));
    bytes_print(out, "{\"TableName\":\"%s\",\"TableStatus\":\"ACTIVE\",\"TableId\":\"%s\","
                     "\"CreationDateTime\":%.3f,\"ItemCount\":0,\"TableSizeBytes\":0,\"TableArn\":\"",
                table->name, table->identity, table->created_at);
    append_arn(out, table);
    bytes_append(out, "\"", 1);
    append_member(out, request, "AttributeDefinitions");
    append_member(out, request, "KeySchema");
    append_member(out, request, "DeletionProtectionEnabled");
    if (billing.from && is_equal(billing, "PAY_PER_REQUEST")) {
        bytes_print(out, ",\"BillingModeSummary\":{\"BillingMode\":\"PAY_PER_REQUEST\"},"
                         "\"ProvisionedThroughput\":{\"NumberOfDecreasesToday\":0,"
                         "\"ReadCapacityUnits\":0,\"WriteCapacityUnits\":0}");
    } else {
        append_member(out, request, "ProvisionedThroughput");
    }
    append_indexes(out, table, "GlobalSecondaryIndexes");
    append_indexes(out, table, "LocalSecondaryIndexes");
    bytes_append(out, "}", 1);
}

static int create_table(struct span body, struct bytes *out) {
    struct span name = table_name(body);
    if (!name.from || name.count >= NAME_MAX_BYTES || table_count == TABLES_MAX) {
        return refuse(out, "ValidationException", "no room for such a table");
    }
    if (find(name)) return refuse(out, "ResourceInUseException", "Table already exists");
    struct table *table = &tables[table_count++];
    memcpy(table->name, name.from, name.count);
    table->name[name.count] = 0;
    table->created_at = wall_seconds();
    table->request.count = 0;
    bytes_append(&table->request, body.from, body.count);
    snprintf(table->identity, sizeof table->identity, "%08x-0000-4000-8000-%012llx",
             (unsigned)(chance() * 0xffffffffu),
             (unsigned long long)(table->created_at * 1000) & 0xffffffffffffull);
    bytes_print(out, "{\"TableDescription\":");
    append_description(out, table);
    bytes_append(out, "}", 1);
    return 200;
}

static int describe_table(struct span body, const char *member, struct bytes *out) {
    struct table *table = find(table_name(body));
    if (!table) return not_found(out);
    bytes_print(out, "{\"%s\":", member);
    append_description(out, table);
    bytes_append(out, "}", 1);
    return 200;
}

static int delete_table(struct span body, struct bytes *out) {
    struct table *table = find(table_name(body));
    if (!table) return not_found(out);
    bytes_print(out, "{\"TableDescription\":");
    append_description(out, table);
    bytes_append(out, "}", 1);
    free(table->request.base);
    *table = tables[--table_count];
    tables[table_count] = (struct table){0};
    return 200;
}

static int list_tables(struct bytes *out) {
    bytes_print(out, "{\"TableNames\":[");
    for (int index = 0; index < table_count; index++) {
        bytes_print(out, "%s\"%s\"", index ? "," : "", tables[index].name);
    }
    bytes_print(out, "]}");
    return 200;
}

static int list_tags(struct span body, struct bytes *out) {
    struct table *table = find(table_name(body));
    if (!table) return not_found(out);
    struct span tags = json_member(span_of(&table->request), "Tags");
    bytes_print(out, "{\"Tags\":");
    bytes_append(out, tags.from ? tags.from : "[]", tags.from ? tags.count : 2);
    bytes_append(out, "}", 1);
    return 200;
}

/// Begins of the put requests in the body. No text can look like one: its quotes are escaped.
static const char marker[] = "\"PutRequest\":";
static const size_t marker_bytes = sizeof marker - 1;

/// Whole write units of an item of so many bytes of JSON: near enough, for a report.
static uint64_t write_units(size_t bytes) {
    return bytes ? (bytes + 1023) / 1024 : 1;
}

static void append_capacity(struct bytes *out, struct span table, uint64_t units) {
    bytes_print(out, "{\"TableName\":\"%.*s\",\"CapacityUnits\":%llu.0,"
                     "\"Table\":{\"CapacityUnits\":%llu.0}}",
                (int)table.count, table.from, (unsigned long long)units,
                (unsigned long long)units);
}

/// The requests of one table; appends those that are to be sent back to `out`, as an array.
static void put_some(struct span requests, struct bytes *out, uint64_t *units) {
    const char *position = NULL;
    bool is_first = true;
    for (;;) {
        struct span request = json_next(requests, &position);
        if (!request.from) return;
        if (chance() >= options.unprocessed_rate) {
            counts.items++;
            *units += write_units(request.count);
            continue;
        }
        counts.unprocessed++;
        bytes_append(out, is_first ? "[" : ",", 1);
        bytes_append(out, request.from, request.count);
        is_first = false;
    }
}

static int put_partly(struct span body, struct bytes *out) {
    struct span all = json_member(body, "RequestItems");
    const char *position = NULL;
    struct bytes capacity = {0};
    struct bytes left = {0};
    bool is_partial = false;
    bytes_print(out, "{\"UnprocessedItems\":{");
    for (;;) {
        struct span member = json_next(all, &position);
        if (!member.from) break;
        const char *quote = memchr(member.from + 1, '"', member.count - 1);
        struct span name = {member.from + 1, (size_t)(quote - member.from - 1)};
        uint64_t units = 0;
        left.count = 0;
        const char *array = memchr(quote, '[', member.count - (size_t)(quote - member.from));
        if (!array) continue;
        struct span requests = {array, (size_t)(member.from + member.count - array)};
        put_some(requests, &left, &units);
        if (left.count) {
            bytes_print(out, "%s\"%.*s\":", is_partial ? "," : "", (int)name.count, name.from);
            bytes_append(out, left.base, left.count);
            bytes_append(out, "]", 1);
            is_partial = true;
        }
        if (capacity.count) bytes_append(&capacity, ",", 1);
        append_capacity(&capacity, name, units);
    }
    bytes_print(out, "},\"ConsumedCapacity\":[");
    if (capacity.count) bytes_append(out, capacity.base, capacity.count);
    bytes_print(out, "]}");
    free(capacity.base);
    free(left.base);
    return 200;
}

/// The fast way: all is accepted, and items are counted by what begins them.
static int batch_write(struct span body, struct bytes *out) {
    const char *end = body.from + body.count;
    if (options.unprocessed_rate > 0) return put_partly(body, out);
    // `{"RequestItems":{"NAME":[`: the name is the third string's worth of quotes.
    const char *quote = body.from;
    for (int number = 0; quote && number < 3; number++) {
        quote = memchr(quote + (number > 0), '"', (size_t)(end - quote) - (number > 0));
    }
    struct span name = {"", 0};
    if (quote) {
        const char *stop = memchr(quote + 1, '"', (size_t)(end - quote - 1));
        if (stop) name = (struct span){quote + 1, (size_t)(stop - quote - 1)};
    }
    uint64_t items = 0, units = 0;
    const char *at = memmem(body.from, body.count, marker, marker_bytes);
    while (at) {
        const char *from = at + marker_bytes;
        const char *next = memmem(from, (size_t)(end - from), marker, marker_bytes);
        items++;
        units += write_units((size_t)((next ? next : end) - at));
        at = next;
    }
    counts.items += items;
    bytes_print(out, "{\"UnprocessedItems\":{},\"ConsumedCapacity\":[");
    append_capacity(out, name, units);
    bytes_print(out, "]}");
    return 200;
}

static int put_item(struct span body, struct bytes *out) {
    struct span name = table_name(body);
    counts.items++;
    bytes_print(out, "{\"ConsumedCapacity\":");
    append_capacity(out, name.from ? name : (struct span){"", 0}, write_units(body.count));
    bytes_append(out, "}", 1);
    return 200;
}

static bool is_throttled(struct bytes *out) {
    counts.write_requests++;
    double now = wall_seconds();
    if (counts.first_write_at == 0) counts.first_write_at = now;
    counts.last_write_at = now;
    if (options.throttle_rate <= 0 || chance() >= options.throttle_rate) return false;
    counts.throttled++;
    refuse(out, "ThrottlingException", "Rate of requests exceeds the allowed throughput.");
    return true;
}

static int constant(struct bytes *out, const char *text) {
    bytes_append(out, text, strlen(text));
    return 200;
}

int dynamodb_answer(struct span operation, struct span body, struct bytes *out) {
    if (is_equal(operation, "BatchWriteItem")) {
        return is_throttled(out) ? 400 : batch_write(body, out);
    }
    if (is_equal(operation, "PutItem")) return is_throttled(out) ? 400 : put_item(body, out);
    if (is_equal(operation, "DescribeTable")) return describe_table(body, "Table", out);
    if (is_equal(operation, "CreateTable")) return create_table(body, out);
    if (is_equal(operation, "UpdateTable")) return describe_table(body, "TableDescription", out);
    if (is_equal(operation, "DeleteTable")) return delete_table(body, out);
    if (is_equal(operation, "ListTables")) return list_tables(out);
    if (is_equal(operation, "ListTagsOfResource")) return list_tags(body, out);
    if (is_equal(operation, "TagResource")) return constant(out, "");
    if (is_equal(operation, "UntagResource")) return constant(out, "");
    if (is_equal(operation, "GetItem")) return constant(out, "{}");
    if (is_equal(operation, "Scan") || is_equal(operation, "Query")) {
        return constant(out, "{\"Items\":[],\"Count\":0,\"ScannedCount\":0}");
    }
    if (is_equal(operation, "BatchGetItem")) {
        return constant(out, "{\"Responses\":{},\"UnprocessedKeys\":{}}");
    }
    if (is_equal(operation, "DescribeTimeToLive")) {
        return constant(out, "{\"TimeToLiveDescription\":{\"TimeToLiveStatus\":\"DISABLED\"}}");
    }
    if (is_equal(operation, "DescribeContinuousBackups")) {
        return constant(out, "{\"ContinuousBackupsDescription\":"
                             "{\"ContinuousBackupsStatus\":\"DISABLED\"}}");
    }
    return refuse(out, "UnknownOperationException", "The null sink does not know this operation");
}
