#include "kube/api_server.h"

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  testing::AddGlobalTestEnvironment(&kube::ApiServer::instance());
  return RUN_ALL_TESTS();
}
