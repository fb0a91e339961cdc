print("mixtrace")
