import Contract
import Testing

@testable import DynamoDBSink

@Suite("Table requests")
struct TableRequestsTests {
    static let store = Table(
        name: "Users",
        isMultiEntity: true,
        partitionKey: KeyAttribute(name: "PK", type: .string),
        sortKey: KeyAttribute(name: "SK", type: .string),
        indexes: [
            SecondaryIndex(
                name: "GSI1",
                partitionKey: KeyAttribute(name: "GSI1PK", type: .string),
                sortKey: KeyAttribute(name: "created_at", type: .number),
                projection: .all,
                path: ""
            ),
            SecondaryIndex(
                name: "GSI2",
                partitionKey: KeyAttribute(name: "SK", type: .string),
                sortKey: nil,
                projection: .keysOnly,
                capacity: Capacity(readUnits: 1, writeUnits: 2),
                path: ""
            ),
            SecondaryIndex(
                name: "GSI3",
                partitionKey: KeyAttribute(name: "hash", type: .binary),
                sortKey: nil,
                projection: .include(["name", "email"]),
                path: ""
            ),
        ],
        entities: [],
        path: "tables[0]"
    )

    private static let onDemandRequest = """
        {
          "TableName": "dev_Users",
          "AttributeDefinitions": [
            {
              "AttributeName": "PK",
              "AttributeType": "S"
            },
            {
              "AttributeName": "SK",
              "AttributeType": "S"
            },
            {
              "AttributeName": "GSI1PK",
              "AttributeType": "S"
            },
            {
              "AttributeName": "created_at",
              "AttributeType": "N"
            },
            {
              "AttributeName": "hash",
              "AttributeType": "B"
            }
          ],
          "KeySchema": [
            {
              "AttributeName": "PK",
              "KeyType": "HASH"
            },
            {
              "AttributeName": "SK",
              "KeyType": "RANGE"
            }
          ],
          "GlobalSecondaryIndexes": [
            {
              "IndexName": "GSI1",
              "KeySchema": [
                {
                  "AttributeName": "GSI1PK",
                  "KeyType": "HASH"
                },
                {
                  "AttributeName": "created_at",
                  "KeyType": "RANGE"
                }
              ],
              "Projection": {
                "ProjectionType": "ALL"
              }
            },
            {
              "IndexName": "GSI2",
              "KeySchema": [
                {
                  "AttributeName": "SK",
                  "KeyType": "HASH"
                }
              ],
              "Projection": {
                "ProjectionType": "KEYS_ONLY"
              }
            },
            {
              "IndexName": "GSI3",
              "KeySchema": [
                {
                  "AttributeName": "hash",
                  "KeyType": "HASH"
                }
              ],
              "Projection": {
                "ProjectionType": "INCLUDE",
                "NonKeyAttributes": [
                  "name",
                  "email"
                ]
              }
            }
          ],
          "BillingMode": "PAY_PER_REQUEST"
        }
        """

    @Test("a table on demand names each key once and gives no throughput")
    func onDemand() {
        #expect(
            TableRequests.create(Self.store, prefix: "dev_").serialized(pretty: true)
                == Self.onDemandRequest
        )
    }

    @Test("a table with capacity is provisioned, and so are its indexes; tags go with it")
    func provisioned() {
        var table = Self.store
        table.sortKey = nil
        table.indexes = Array(table.indexes[1...])
        table.indexes[1].projection = .all
        table.capacity = Capacity(readUnits: 5, writeUnits: 10)
        table.tags = [Tag(key: "team", value: "store")]
        #expect(
            TableRequests.create(table, prefix: "").serialized() == #"{"TableName":"Users","#
                + #""AttributeDefinitions":[{"AttributeName":"PK","AttributeType":"S"},"#
                + #"{"AttributeName":"SK","AttributeType":"S"},"#
                + #"{"AttributeName":"hash","AttributeType":"B"}],"#
                + #""KeySchema":[{"AttributeName":"PK","KeyType":"HASH"}],"#
                + #""GlobalSecondaryIndexes":[{"IndexName":"GSI2","#
                + #""KeySchema":[{"AttributeName":"SK","KeyType":"HASH"}],"#
                + #""Projection":{"ProjectionType":"KEYS_ONLY"},"#
                + #""ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":2}},"#
                + #"{"IndexName":"GSI3","KeySchema":[{"AttributeName":"hash","KeyType":"HASH"}],"#
                + #""Projection":{"ProjectionType":"ALL"},"#
                + #""ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":10}}],"#
                + #""BillingMode":"PROVISIONED","#
                + #""ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":10},"#
                + #""Tags":[{"Key":"team","Value":"store"}]}"#
        )
    }
}

@Suite("Table description")
struct TableDescriptionTests {
    private func description(_ members: String) throws -> TableDescription {
        let text = #"{"Table":{"TableName":"Users","TableStatus":"ACTIVE",\#(members)}}"#
        return try #require(TableDescription(JSONParser.parse(Array(text.utf8))))
    }

    private static let definitions = """
        "AttributeDefinitions":[{"AttributeName":"PK","AttributeType":"S"},
        {"AttributeName":"SK","AttributeType":"S"},{"AttributeName":"GSI1PK","AttributeType":"S"},
        {"AttributeName":"created_at","AttributeType":"N"},
        {"AttributeName":"hash","AttributeType":"B"}]
        """
    private static let keys = """
        "KeySchema":[{"AttributeName":"PK","KeyType":"HASH"},
        {"AttributeName":"SK","KeyType":"RANGE"}]
        """

    @Test("a table as the contract wants it has no differences, whatever the order")
    func same() throws {
        let found = try description(
            """
            \(Self.definitions),\(Self.keys),"TableId":"id-1","GlobalSecondaryIndexes":[
            {"IndexName":"GSI3","IndexStatus":"ACTIVE",
            "KeySchema":[{"AttributeName":"hash","KeyType":"HASH"}],
            "Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["email","name"]}},
            {"IndexName":"GSI2","IndexStatus":"ACTIVE",
            "KeySchema":[{"AttributeName":"SK","KeyType":"HASH"}],
            "Projection":{"ProjectionType":"KEYS_ONLY"}},
            {"IndexName":"GSI1","IndexStatus":"CREATING",
            "KeySchema":[{"AttributeName":"GSI1PK","KeyType":"HASH"},
            {"AttributeName":"created_at","KeyType":"RANGE"}],
            "Projection":{"ProjectionType":"ALL"}}]
            """
        )
        #expect(found.differences(from: TableRequestsTests.store).isEmpty)
        #expect(found.tableID == "id-1")
        #expect(!found.isActive)
    }

    @Test("every difference is a sentence that names it")
    func different() throws {
        let found = try description(
            """
            "AttributeDefinitions":[{"AttributeName":"PK","AttributeType":"N"},
            {"AttributeName":"SK","AttributeType":"S"}],
            "KeySchema":[{"AttributeName":"PK","KeyType":"HASH"}],
            "GlobalSecondaryIndexes":[
            {"IndexName":"GSI2","IndexStatus":"ACTIVE",
            "KeySchema":[{"AttributeName":"SK","KeyType":"HASH"},
            {"AttributeName":"PK","KeyType":"RANGE"}],
            "Projection":{"ProjectionType":"ALL"}},
            {"IndexName":"GSI3","IndexStatus":"ACTIVE",
            "KeySchema":[{"AttributeName":"hash","KeyType":"HASH"}],
            "Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["email"]}}],
            "LocalSecondaryIndexes":[{"IndexName":"old",
            "KeySchema":[{"AttributeName":"PK","KeyType":"HASH"}],
            "Projection":{"ProjectionType":"ALL"}}]
            """
        )
        #expect(
            found.differences(from: TableRequestsTests.store) == [
                "its key is PK (partition, N), the contract's is PK (partition, S) and "
                    + "SK (sort, S)",
                "it has no index GSI1",
                "the key of its index GSI2 is SK (partition, S) and PK (sort, N), "
                    + "the contract's is SK (partition, S)",
                "its index GSI2 projects ALL, the contract's KEYS_ONLY",
                "the key of its index GSI3 is hash (partition, ?), "
                    + "the contract's is hash (partition, B)",
                "its index GSI3 projects INCLUDE email, the contract's INCLUDE email, name",
                "it has a local index old that the contract has not",
            ]
        )
    }
}
